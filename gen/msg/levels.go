package msg

import "encoding/binary"

// appendLevels reads elements of a repeated Quote from b[i:end], as long as they have the given
// tag, hold a price of one or two bytes and a quantity of at most eight, in this order, and to has
// room for them within limit. It returns where it stopped; what is there is the caller's to judge.
//
// A book is the largest message there is, and the lengths in it differ from level to level, so
// nothing here branches on the length of a quantity of up to four bytes.
func appendLevels(to []Quote, b []byte, i, end int, tag byte, limit int) ([]Quote, int) {
	const (
		elementBytes = 14 // loaded for one element at most
		both         = hasQuotePrice | hasQuoteQuantity
	)
	n := len(to)
	to = to[:min(cap(to), limit)]
	for ; n < len(to) && i >= 0 && i <= len(b)-elementBytes; n++ {
		// tag  size  08  price  price  10  quantity...
		//            ^x
		size := int(b[i+1])
		next := i + 2 + size
		if b[i] != tag || next > end {
			break
		}
		x := binary.LittleEndian.Uint64(b[i+2:])
		e := &to[n]
		if more := uint(size - 5); uint32(x)&0xff8080ff == 0x10008008 && more < 4 {
			mask := ^uint32(0) >> (24 - 8*more)
			y := uint32(x>>32) & mask
			if y&0x80808080 != mask>>8&0x80808080 {
				break
			}
			*e = Quote{has: both, price: uint32(two(x >> 8 & 0x7fff)), quantity: four(uint64(y))}
			i = next
			continue
		}
		price, at := x>>8&0x7f, i+5
		if uint32(x)&0xff8080ff == 0x10008008 {
			price, at = two(x>>8), i+6
		} else if x&0xff80ff != 0x100008 {
			break
		}
		more := uint(next - at - 1)
		if more > 7 {
			break
		}
		mask := ^uint64(0) >> (56 - 8*more)
		y := binary.LittleEndian.Uint64(b[at:]) & mask
		if y&continued != mask>>8&continued {
			break
		}
		*e = Quote{has: both, price: uint32(price), quantity: eight(y)}
		i = next
	}
	return to[:n], i
}
