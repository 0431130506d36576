/** The refusal that an action must end in. */
import { Refusal } from '../lb/errors.ts'

export function refusalOf(action: () => unknown): Refusal {
  try {
    action()
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
  throw new Error('it was accepted')
}
