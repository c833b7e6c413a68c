package ring

import (
	"errors"
	"os"
	"runtime"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The block is off the heap: claiming it moves the heap by less than its size.
func TestMemoryOffHeap(t *testing.T) {
	const size = 16 << 20
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	m, err := NewMemory(size, 256)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown >= size {
		t.Errorf("the heap grew by %d bytes for a block of %d", grown, size)
	}
	if n := cap(m.block); n%os.Getpagesize() != 0 || n < size+256 {
		t.Errorf("the block has %d bytes, want whole pages", n)
	}
}

// Pages are there before the first use.
func TestMemoryIsPopulated(t *testing.T) {
	m, err := NewMemory(1<<20, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	page := os.Getpagesize()
	resident := make([]byte, len(m.block)/page)
	if _, _, errno := unix.Syscall(unix.SYS_MINCORE, uintptr(unsafe.Pointer(&m.block[0])),
		uintptr(len(m.block)), uintptr(unsafe.Pointer(&resident[0]))); errno != 0 {
		t.Fatal(errno)
	}
	for i, r := range resident {
		if r&1 == 0 {
			t.Fatalf("page %d of %d is not there", i, len(resident))
		}
	}
}

// What the system refuses comes back as its error.
func TestMemoryGiveBackError(t *testing.T) {
	if err := giveBack(make([]byte, 10)); !errors.Is(err, unix.EINVAL) {
		t.Errorf("got %v, want EINVAL", err)
	}
}
