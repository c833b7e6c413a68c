package journal

import (
	"bufio"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
)

// TestHugePages has the rings that are as large as a huge page begin at one, in memory for which the system was asked
// for such.
func TestHugePages(t *testing.T) {
	for _, c := range []struct {
		size int
		huge bool
	}{
		{ringBytesMin, false},
		{hugePageBytes / 2, false},
		{hugePageBytes, true},
		{ringBytesUsual, true},
		{16 << 20, true},
	} {
		b := newRing(c.size).buf
		if len(b) != c.size || cap(b) != c.size {
			t.Fatalf("%d bytes of %d for %d", len(b), cap(b), c.size)
		}
		start := reflect.ValueOf(b).Pointer()
		if !c.huge {
			continue // the runtime's own affair
		}
		if start%hugePageBytes != 0 {
			t.Errorf("%d bytes begin at %#x", c.size, start)
		}
		for _, at := range []uintptr{start, start + uintptr(c.size) - 1} {
			if flags := mappingFlags(t, at); !strings.Contains(flags, " hg") {
				t.Errorf("%d bytes: the mapping of %#x has the flags %s", c.size, at, flags)
			}
		}
	}
}

// mappingFlags returns the kernel's flags of the mapping that an address is in.
func mappingFlags(t *testing.T, address uintptr) string {
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	inside := false
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var from, to uintptr
		if n, _ := fmt.Sscanf(lines.Text(), "%x-%x ", &from, &to); n == 2 {
			inside = from <= address && address < to
		} else if flags, ok := strings.CutPrefix(lines.Text(), "VmFlags:"); ok && inside {
			return flags
		}
	}
	t.Fatalf("no mapping has %#x", address)
	return ""
}
