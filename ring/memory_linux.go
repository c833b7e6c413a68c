package ring

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// claim maps at least n bytes of zeros, page rounded.
func claim(n int) ([]byte, error) {
	page := unix.Getpagesize()
	n = (n + page - 1) / page * page
	// Populate: a page fault is paid here, at the start, not by the first
	// frame that reaches the page.
	block, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_ANON|unix.MAP_PRIVATE|unix.MAP_POPULATE)
	if err != nil {
		return nil, fmt.Errorf("ring: claim %d bytes: %w", n, err)
	}
	// Advice only: a kernel that does not know it still gave us the memory.
	_ = unix.Madvise(block, unix.MADV_DONTDUMP)
	return block, nil
}

// giveBack unmaps what claim mapped.
func giveBack(block []byte) error {
	if err := unix.Munmap(block); err != nil {
		return fmt.Errorf("ring: give back %d bytes: %w", len(block), err)
	}
	return nil
}
