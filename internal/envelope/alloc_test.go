//go:build !race

package envelope

import "testing"

// The race detector allocates, so this file is excluded under it.
func TestNoAllocations(t *testing.T) {
	message := unhex(t, "08 02 12 04 08 01 10 07 1a 06 0a 01 75 12 01 70")
	odd := unhex(t, "12 02 08 09 23 2b 2c 24 08 05")
	region := make([]byte, 64)
	header := Header{Type: 3, Seq: 1 << 20, Replay: true}
	buffer := new([EncodeFrameBytes]byte)
	var body FastMarshaler = fastBody{8, 1}
	seq := uint64(0)
	for _, c := range []struct {
		name string
		f    func()
	}{
		{"Parse", func() { _, _ = Parse(message) }},
		{"Parse, uncommon", func() { _, _ = Parse(odd) }},
		{"Header.PutWithBody", func() {
			n := header.SizeWithBody(5)
			header.PutWithBody(PutFrameHeader(region[:FrameSize(n)], n), 5)
		}},
		{"EncodeFrame", func() {
			seq++
			if _, end := EncodeFrame(buffer, 3, seq, body, 0x58, seq); end == 0 {
				t.Fatal("not encoded")
			}
		}},
	} {
		if n := testing.AllocsPerRun(1000, c.f); n != 0 {
			t.Errorf("%s: %v allocations", c.name, n)
		}
	}
}
