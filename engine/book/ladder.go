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

// checkQuotes returns ErrPrice or ErrQuantity if the levels of a message are not valid.
func checkQuotes(sides ...[]msg.Quote) error {
	for _, quotes := range sides {
		for i := range quotes {
			if quotes[i].GetPrice()-1 >= uint32(odds.PriceMax) {
				return ErrPrice
			}
			if quotes[i].GetQuantity() > uint64(odds.QuantityMax) {
				return ErrQuantity
			}
		}
	}
	return nil
}

// merge applies the levels of a message to the first n words of a side, which has room for all of them. It returns the
// number of words, or [invalid] if a level is not valid; then some may have been applied.
//
// Messages of several levels mostly have them in order, best first, so that the search goes on where the last one
// ended. The place of a single one is as good as random, so that its search does not branch on what it finds.
func merge(words []uint64, n, side int, quotes []msg.Quote) int {
	before, at := uint64(whole), 0
	if len(quotes) == 1 {
		before = 0
	}
	for i := 0; i < len(quotes); i++ {
		q := &quotes[i]
		quantity, price := q.GetQuantity(), q.GetPrice()
		// A run of levels that are there, one after the other. Prices that are there are valid.
		for at < n && words[at]>>quantityBits == uint64(keyOf(side, price)) && quantity-1 < uint64(odds.QuantityMax) {
			before = words[at] >> quantityBits
			words[at] = before<<quantityBits | quantity
			at++
			if i++; i == len(quotes) {
				return n
			}
			q = &quotes[i]
			quantity, price = q.GetQuantity(), q.GetPrice()
		}
		if price-1 >= uint32(odds.PriceMax) || quantity > uint64(odds.QuantityMax) {
			return invalid
		}
		key := uint64(keyOf(side, price))
		if key >= before {
			at = rank(words[:n], key)
		}
		before = key
		var there uint64
		for at < n {
			if there = words[at] >> quantityBits; there <= key {
				break
			}
			at++
		}
		if at < n && there == key {
			if quantity == 0 {
				n--
				for k := at; k < n; k++ {
					words[k] = words[k+1]
				}
				continue
			}
		} else {
			if quantity == 0 {
				continue
			}
			for k := n; k > at; k-- {
				words[k] = words[k-1]
			}
			n++
		}
		words[at] = key<<quantityBits | quantity
		at++
	}
	return n
}

// invalid is no number of words.
const invalid = -1

// lowestKey returns the lowest key that a message sets.
func lowestKey(side int, quotes []msg.Quote) uint32 {
	lowest := uint32(whole)
	for i := range quotes {
		if quotes[i].GetQuantity() != 0 {
			lowest = min(lowest, keyOf(side, quotes[i].GetPrice()))
		}
	}
	return lowest
}

// rank returns how many words have a higher key. It does not branch on them.
func rank(words []uint64, key uint64) (n int) {
	for _, w := range words {
		n += int((key - w>>quantityBits) >> 63)
	}
	return n
}
