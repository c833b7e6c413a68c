package msg

import "github.com/smk-go/smk/internal/varint"

// shape is where the bits of a quantity of up to four bytes are.
type shape struct {
	goesOn uint32 // the bits that say whether it goes on
	want   uint32 // what they are, and 1
	value  uint32 // the bits of the value
	_      uint32 // so that an index is a shift
}

// shapes are indexed by the length of an element whose price has two bytes, as every price from 1.28
// percent on has. Other lengths want 0, which the comparison never has.
var shapes = [256]shape{
	5: {goesOn: 0x80, want: 0 + 1, value: 0x7f},
	6: {goesOn: 0x8080, want: 0x80 + 1, value: 0x7f7f},
	7: {goesOn: 0x808080, want: 0x8080 + 1, value: 0x7f7f7f},
	8: {goesOn: 0x80808080, want: 0x808080 + 1, value: 0x7f7f7f7f},
}

const (
	hasLevel      = hasQuotePrice | hasQuoteQuantity // presence in a whole level
	levelHead     = 0x10_0080_0800_00                // start of a usual level, behind the tag
	levelHeadBits = 0xff_8080_ff00_ff                // its fixed bits, and the tag
)

// levels appends elements of a repeated Quote at p[i:] to to, as long as they begin before end, have
// the given tag, consist of a price of one or two bytes and a quantity of at most eight, in this order,
// and are at most limit in all. It returns the position at which it stopped.
func levels(to []Quote, p *byte, i, end int, tag byte, limit int) ([]Quote, int) {
	for {
		k, at := usualLevels(to[len(to):min(cap(to), limit)], p, i, end, levelHead|uint64(tag))
		to, i = to[:len(to)+k], at
		if i >= end || octet(p, i) != tag || len(to) >= limit {
			return to, i
		}
		next, price, quantity := level(p, i)
		if next == i {
			return to, i
		}
		to = append(to, Quote{has: hasLevel, price: price, quantity: quantity})
		i = next
	}
}

// usualLevels fills room with levels as long as their prices have two bytes and their quantities up to
// four. It returns their number and the position at which it stopped.
//
// A book is the largest message, and lengths in it differ from level to level, so nothing here branches
// on them. Rare shapes, and calls, are left to levels, so that everything stays in registers.
func usualLevels(room []Quote, p *byte, i, end int, head uint64) (k, next int) {
	for ; k < len(room) && i < end; k++ {
		// tag  size  08  price  price  10  quantity...
		// ^x                               ^y
		x, size := load(p, i), octet(p, i+1)
		s, y := &shapes[size], uint32(load(p, i+6))
		if x&levelHeadBits != head || y&s.goesOn+1 != s.want {
			break
		}
		y &= s.value
		y -= y & 0x7f007f00 >> 1
		y -= y >> 16 * 0xc000
		room[k] = Quote{has: hasLevel, price: uint32(x>>24&0x7f | x>>25&0x3f80), quantity: uint64(y)}
		i += 2 + int(size)
	}
	return k, i
}

// level reads one level with a price of one or two bytes and a quantity of up to eight at p[i:]. next
// is i if there is anything else.
func level(p *byte, i int) (next int, price uint32, quantity uint64) {
	x, at := load(p, i), 0
	switch {
	case x&0xff_8080_ff00_00 == 0x10_0080_0800_00:
		price, at = uint32(varint.Two(x>>24)), i+6
	case x&0xff80_ff00_00 == 0x1000_0800_00:
		price, at = uint32(x>>24&0x7f), i+5
	default:
		return i, 0, 0
	}
	next = i + 2 + int(x>>8&0xff)
	more := uint(next - at - 1)
	if more > 7 {
		return i, 0, 0
	}
	mask := ^uint64(0) >> (56 - 8*more)
	y := load(p, at) & mask
	if y&varint.Continuation != mask>>8&varint.Continuation {
		return i, 0, 0
	}
	return next, price, varint.Eight(y)
}
