//go:build !race

package transport

import (
	"io"
	"testing"
)

// TestNothingAllocates: reads, writes, sleeps and wakes of a connection that is driven by
// its descriptor allocate nothing.
func TestNothingAllocates(t *testing.T) {
	c, far := fdPair(t)
	b, echo := make([]byte, 16), make([]byte, 16)
	round := func() {
		_, _ = c.Write(b[:1])
		if _, err := io.ReadFull(far, echo[:1]); err != nil {
			t.Fatal(err)
		}
		_, _ = far.Write(echo[:1])
		for n := 0; n == 0; {
			var err error
			c.Arm(Never, false)
			if n, err = c.Read(b); err != nil {
				t.Fatal(err)
			}
		}
		c.Wake()
		c.Arm(Never, false)
		_, _ = c.Read(b)
	}
	if allocs := testing.AllocsPerRun(100, round); allocs != 0 {
		t.Errorf("%v allocations a round", allocs)
	}
}
