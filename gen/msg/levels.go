package msg

// shape is where the bits of a quantity of up to four bytes are.
type shape struct {
	goesOn uint32 // the bits that say whether it goes on
	want   uint32 // what they are
	value  uint32 // the bits of the value
	_      uint32 // so that an index is a shift
}

// shapes are the quantities by the length of their element, if the price before them has two bytes, as
// every price from 1.28 percent on has. No bits are those of the other lengths.
var shapes = [16]shape{
	0: {want: 1}, 1: {want: 1}, 2: {want: 1}, 3: {want: 1}, 4: {want: 1},
	5: {goesOn: 0x80, want: 0, value: 0x7f},
	6: {goesOn: 0x8080, want: 0x80, value: 0x7f7f},
	7: {goesOn: 0x808080, want: 0x8080, value: 0x7f7f7f},
	8: {goesOn: 0x80808080, want: 0x808080, value: 0x7f7f7f7f},
	9: {want: 1}, 10: {want: 1}, 11: {want: 1}, 12: {want: 1}, 13: {want: 1}, 14: {want: 1}, 15: {want: 1},
}

// levels appends the elements of a repeated Quote at p[i:] to to, as long as they begin before end,
// have the given tag, hold a price of one or two bytes and a quantity of at most eight, in this
// order, and are at most limit in all. It returns where it stopped; what is there is the caller's to
// judge.
//
// A book is the largest message there is, and the lengths in it differ from level to level, so
// nothing here branches on the length of a quantity of up to four bytes.
func levels(to []Quote, p *byte, i, end int, tag byte, limit int) ([]Quote, int) {
	const both = hasQuotePrice | hasQuoteQuantity
	usual := 0x10_0080_0800_00 | uint64(tag)
	n := len(to)
	to = to[:min(cap(to), limit)]
	for {
		for ; n < len(to) && i < end; n++ {
			// tag  size  08  price  price  10  quantity...
			// ^x                               ^y
			x := load(p, i)
			size := int(octet(p, i+1))
			s := &shapes[size&15]
			y := uint32(load(p, i+6))
			if x&0xff_8080_ff00_ff == usual && y&s.goesOn == s.want && size < len(shapes) {
				y &= s.value
				y -= y & 0x7f007f00 >> 1
				y -= y >> 16 * 0xc000
				to[n] = Quote{has: both, price: uint32(x>>24&0x7f | x>>25&0x3f80), quantity: uint64(y)}
				i += 2 + size
				continue
			}
			var price uint32
			at := i
			switch {
			case byte(x) != tag:
				return to[:n], i
			case x&0xff_8080_ff00_00 == usual&^0xff:
				price, at = uint32(two(x>>24)), i+6
			case x&0xff80_ff00_00 == 0x1000_0800_00:
				price, at = uint32(x>>24&0x7f), i+5
			default:
				return to[:n], i
			}
			more := uint(i + 2 + size - at - 1)
			if more > 7 {
				return to[:n], i
			}
			mask := ^uint64(0) >> (56 - 8*more)
			z := load(p, at) & mask
			if z&continued != mask>>8&continued {
				return to[:n], i
			}
			to[n] = Quote{has: both, price: price, quantity: eight(z)}
			i += 2 + size
		}
		if i >= end || n >= limit {
			return to[:n], i
		}
		to = append(to[:n], Quote{})
		to = to[:min(cap(to), limit)]
	}
}
