package msg

import "github.com/smk-go/smk/internal/varint"

// Nothing here branches on the number of a field or the length of its value. If fields come in any order
// nearly every such branch is mispredicted, which costs as much as reading a field.

const (
	lowest     = 0x0101010101010101 // the lowest bit of every byte
	numbersEnd = 32                 // one more than the highest field number that numbers reads

	// readAhead is how many bytes from the start of a field may be read.
	readAhead = 2 + varint.BytesMax
)

// There is that much slack.
const _ = uint(SlackBytes - readAhead)

// number is varint.Read without branches on the length where there is room to read ahead.
func number(b []byte, i int) (v uint64, next int) {
	if i <= cap(b)-wordBytes {
		x := load(first(b), i)
		if stop := ^x & varint.Continuation; stop != 0 {
			mask := stop ^ (stop - 1)
			// Counting bytes by their lowest bits is faster than counting trailing zeros, as that is
			// compiled for every amd64.
			if next = i + int(mask&lowest*lowest>>56); next <= len(b) {
				return varint.Eight(x & mask), next
			}
		}
	}
	return varint.Read(b, i)
}

// numbers reads fields that are integers from b[i:] on and stores each value at the index of its field
// number. Bits of wanted are the field numbers to read, bits of fixed those of them with 8 bytes. It
// stops at the end and before a field that is not wanted, repeated, malformed or has less than readAhead
// bytes of memory from its start. The fields in seen end before next.
func numbers(b []byte, i int, values *[numbersEnd]uint64, wanted, fixed uint32) (next int, seen uint32) {
	varints := wanted &^ fixed // that are missing
	p, room := first(b), cap(b)-readAhead
	for i < len(b) && i <= room {
		x := load(p, i)
		// A tag is one byte or, from number 16 on, that and a 1: the upper bits of the first byte
		// are the number, and its highest bit says which.
		k := uint8(x) >> 3
		var v uint64
		if uint8(x)&0x87 == varint.TypeVarint {
			if varints>>k&1 == 0 {
				break
			}
			stop := ^x & (varint.Continuation &^ 0x80) // behind the tag
			if stop != 0 {
				mask := stop ^ (stop - 1)
				next = i + int(mask&lowest*lowest>>56)
				v = varint.Eight(x & mask >> 8)
			} else {
				v, next = long(p, i+1)
			}
		} else {
			second := x >> 7 & 1
			isFixed := fixed >> k & 1
			if (varints|fixed)>>k&1 == 0 || uint32(x)&7 != isFixed || (x>>8^1)&0xff&-second != 0 {
				break
			}
			at := i + 1 + int(second)
			if isFixed != 0 {
				v, next = load(p, at), at+wordBytes
			} else {
				v, next = long(p, at)
			}
		}
		if next == 0 || next > len(b) {
			break
		}
		values[k] = v
		varints &^= 1 << k
		fixed &^= 1 << k
		i = next
	}
	return i, wanted &^ (varints | fixed)
}
