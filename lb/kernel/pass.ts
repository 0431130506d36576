/**
 * The program that does nothing, by itself: one end of a veth pair takes frames that a program on
 * the other end sends back only where it has a program too.
 */
import { BpfObject, XdpLink } from '../../native/index.ts'
import { placeOf } from '../pool-tables.ts'
import { indicesOf } from './dataplane.ts'
import { readObject } from './program.ts'

/** On the interface for as long as it is held. */
export async function attachPass(name: string): Promise<Disposable> {
  const ifindex = placeOf(await indicesOf([name]), name)
  using object = await BpfObject.load(readObject(), { skip: ['load_balance'] })
  using program = object.program('pass')
  return XdpLink.attach(program, ifindex, 'native')
}
