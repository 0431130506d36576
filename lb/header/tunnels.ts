/** From a pool's encapsulation to the tunnel's bytes. */
import { parseMac } from '../address.ts'
import type { Encapsulation } from '../pool.ts'
import type { Path } from './build.ts'
import { geneve } from './geneve.ts'
import { gre } from './gre.ts'
import type { Tunnel } from './tunnel.ts'

export function tunnelOf(encapsulation: Encapsulation, path: Path): Tunnel {
  switch (encapsulation.type) {
    case 'gre':
      return gre(encapsulation.key)
    case 'geneve':
      return geneve(
        encapsulation.port,
        encapsulation.vni,
        encapsulation.ethernet
          ? { destination: parseMac(encapsulation.mac), source: path.sourceMac }
          : undefined,
      )
  }
}
