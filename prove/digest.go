package prove

import "math/bits"

// digest is a rolling hash of numbers, which tells one history from another; it is no protection against anybody.
type digest uint64

func (d *digest) add(v uint64) {
	x := (uint64(*d) ^ v) * 0x9e3779b97f4a7c15
	*d = digest(bits.RotateLeft64(x, 29) ^ x>>32)
}

func (d *digest) addBytes(b []byte) {
	d.add(uint64(len(b)))
	for len(b) >= 8 {
		d.add(
			uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 | uint64(b[4])<<32 | uint64(b[5])<<40 |
				uint64(b[6])<<48 | uint64(b[7])<<56,
		)
		b = b[8:]
	}
	last := uint64(0)
	for i, c := range b {
		last |= uint64(c) << (8 * i)
	}
	d.add(last)
}
