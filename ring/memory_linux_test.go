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
	if n, all := pagesOf(t, m); n != all {
		t.Errorf("%d of %d pages are there", n, all)
	}
}

// On demand, pages are there from their first use on, each alone.
func TestMemoryOnDemand(t *testing.T) {
	const size = 4 << 20 // a huge page and more
	m, err := NewMemoryOnDemand(size, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if n, all := pagesOf(t, m); n != 0 || all*os.Getpagesize() != size {
		t.Errorf("%d of %d pages are there before the first use", n, all)
	}
	m.Bytes()[0], m.Bytes()[size/2] = 1, 1
	if n, _ := pagesOf(t, m); n != 2 {
		t.Errorf("%d pages are there, 2 were used", n)
	}
}

// A ring on demand costs what is used of it.
func TestFramesOnDemand(t *testing.T) {
	f, err := NewSendRing(SendRingConfig{Bytes: 1 << 20, Records: 4096, OnDemand: true})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if n, _ := pagesOf(t, f.mem); n != 0 || len(f.index) != framesRecordsStart {
		t.Errorf("%d pages and %d records at the start", n, len(f.index))
	}
	for seq := uint64(1); seq <= 100; seq++ {
		put(t, f, seq, os.Getpagesize()/100)
	}
	if n, _ := pagesOf(t, f.mem); n != 1 || len(f.index) != 128 {
		t.Errorf("%d pages and %d records for 100 frames of a page", n, len(f.index))
	}
	if c := f.Config(); c != (SendRingConfig{Bytes: 1 << 20, Records: 4096, OnDemand: true}) {
		t.Errorf("configured as %+v", c)
	}
}

// pagesOf counts the pages of a block that the system holds in memory, and all of them.
func pagesOf(t *testing.T, m *Memory) (there, all int) {
	t.Helper()
	resident := make([]byte, len(m.block)/os.Getpagesize())
	if _, _, errno := unix.Syscall(unix.SYS_MINCORE, uintptr(unsafe.Pointer(&m.block[0])),
		uintptr(len(m.block)), uintptr(unsafe.Pointer(&resident[0]))); errno != 0 {
		t.Fatal(errno)
	}
	for _, r := range resident {
		there += int(r & 1)
	}
	return there, len(resident)
}

// What the system refuses comes back as its error.
func TestMemoryGiveBackError(t *testing.T) {
	if err := giveBack(make([]byte, 10)); !errors.Is(err, unix.EINVAL) {
		t.Errorf("got %v, want EINVAL", err)
	}
}
