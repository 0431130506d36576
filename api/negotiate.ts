/** Content negotiation (RFC 9110 12.5.1), as much as two representations need. */

const EXACT = 2
const PARTLY = 1

interface Range {
  readonly type: string
  readonly quality: number
}

function rangesOf(accept: string): Range[] {
  return accept.split(',').map(part => {
    const [type = '', ...parameters] = part.split(';').map(text => text.trim().toLowerCase())
    const quality = parameters.find(text => text.startsWith('q='))
    return { type, quality: quality === undefined ? 1 : Number(quality.slice(2)) || 0 }
  })
}

/** The most specific range that an offer is in decides how much it is wanted. */
function wanted(ranges: readonly Range[], offer: string): number {
  const precision = ({ type }: Range) => {
    if (type === offer) return EXACT
    return type === `${offer.split('/')[0]}/*` ? PARTLY : 0
  }
  const fitting = ranges
    .filter(range => range.type === '*/*' || precision(range) > 0)
    .sort((a, b) => precision(b) - precision(a))
  return fitting[0]?.quality ?? 0
}

/** The offer that is wanted most; the first one where nothing, or none of them, is asked for. */
export function preferred<Offer extends string>(
  accept: string | undefined,
  offers: readonly [Offer, ...Offer[]],
): Offer {
  const ranges = rangesOf(accept ?? '*/*')
  return offers.reduce((best, offer) =>
    wanted(ranges, offer) > wanted(ranges, best) ? offer : best,
  )
}
