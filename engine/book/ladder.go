package book

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// keyOf converts a price to a key of its side, and a key to a price.
func keyOf(side int, price uint32) uint32 {
	if side == offers {
		return whole - price
	}
	return price
}

func sideIndex(s odds.Side) int { return int(s - odds.Buy) }

// keyWord returns the key of a word.
func keyWord(w uint64) uint32 { return uint32(w >> quantityBits) }

// pack appends the levels of a message to words as they are on a side. The error is ErrPrice or ErrQuantity.
func pack(words []uint64, side int, quotes []msg.Quote) ([]uint64, error) {
	n := len(words)
	words = words[:n+len(quotes)]
	var bad uint64
	for i := range quotes {
		price, quantity := uint64(quotes[i].GetPrice()), quotes[i].GetQuantity()
		bad |= uint64(odds.PriceMax) - price | price - 1 | uint64(odds.QuantityMax) - quantity | quantity
		if side == offers {
			price = whole - price
		}
		words[n+i] = price<<quantityBits | quantity&quantityMask
	}
	if bad>>63 != 0 {
		return words[:n], whichBad(quotes)
	}
	return words, nil
}

// whichBad returns what is wrong with quotes of which one is.
func whichBad(quotes []msg.Quote) Error {
	for i := range quotes {
		if p := quotes[i].GetPrice(); p < uint32(odds.PriceMin) || p > uint32(odds.PriceMax) {
			return ErrPrice
		}
	}
	return ErrQuantity
}

// merge applies changes to the first n words of a side, which has room for all of them. It returns the number of
// words, and the lowest word that was set.
func merge(side []uint64, n int, changes []uint64) (int, uint64) {
	lowest := ^uint64(0)
	at, before := 0, ^uint64(0)
	for _, w := range changes {
		if w > before { // not in order, best first
			at = 0
		}
		before = w
		for at < n && side[at]>>quantityBits > w>>quantityBits {
			at++
		}
		there := at < n && side[at]>>quantityBits == w>>quantityBits
		if w&quantityMask == 0 {
			if there {
				n--
				for i := at; i < n; i++ {
					side[i] = side[i+1]
				}
			}
			continue
		}
		lowest = min(lowest, w)
		if !there {
			for i := n; i > at; i-- {
				side[i] = side[i-1]
			}
			n++
		}
		side[at] = w
	}
	return n, lowest
}
