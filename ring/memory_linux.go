package ring

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// claim maps at least n bytes of zeros, page rounded.
func claim(n int, onDemand bool) ([]byte, error) {
	page := unix.Getpagesize()
	n = (n + page - 1) / page * page
	flags := unix.MAP_ANON | unix.MAP_PRIVATE
	if !onDemand {
		// A page fault is paid here, at the start, not by the first frame that
		// reaches the page.
		flags |= unix.MAP_POPULATE
	}
	block, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, flags)
	if err != nil {
		return nil, fmt.Errorf("ring: claim %d bytes: %w", n, err)
	}
	// Advice only: a kernel that does not know it still gave us the memory.
	_ = unix.Madvise(block, unix.MADV_DONTDUMP)
	if onDemand {
		// Else the first byte used may bring a huge page, of this block and its
		// neighbours.
		_ = unix.Madvise(block, unix.MADV_NOHUGEPAGE)
	}
	return block, nil
}

// giveBack unmaps what claim mapped.
func giveBack(block []byte) error {
	if err := unix.Munmap(block); err != nil {
		return fmt.Errorf("ring: give back %d bytes: %w", len(block), err)
	}
	return nil
}
