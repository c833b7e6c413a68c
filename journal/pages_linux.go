package journal

import "golang.org/x/sys/unix"

// adviseHuge asks for huge pages. It is advice: a kernel without them goes on with small ones.
func adviseHuge(b []byte) { _ = unix.Madvise(b, unix.MADV_HUGEPAGE) }
