package prove

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"slices"

	"github.com/smk-go/smk/engine"
)

// errDisk is what a disk fails with.
var errDisk = errors.New("prove: the disk fails")

// disk is the disk of a bot: it knows what is durable, contents by Sync and names by SyncDir. It can be full, fail, and
// say that something is durable which is not.
type disk struct {
	random *rand.Rand
	names  map[string]*inode
	stable map[string]*inode // durable names
	held   map[string]bool
	full   bool // writes fail
	failed bool // one has failed
	lies   bool // Sync and SyncDir do nothing
	dead   bool // the process that had it was killed

	onImage func() // is called when an image takes the place of the last one
}

// inode is a file, whatever its names.
type inode struct{ data, synced []byte }

func newDisk(random *rand.Rand) *disk {
	return &disk{random: random, names: map[string]*inode{}, stable: map[string]*inode{}, held: map[string]bool{}}
}

// crash returns the disk as the next process finds it, after a power cut: of what was not durable some is there and
// some is not. The old one answers every call with an error.
func (d *disk) crash() *disk {
	d.dead = true
	next := newDisk(d.random)
	from := d.stable
	if d.random.IntN(2) == 0 {
		from = d.names
	}
	for _, name := range slices.Sorted(maps.Keys(from)) {
		n := from[name]
		data := n.synced
		if more := len(n.data) - len(n.synced); more > 0 && bytes.HasPrefix(n.data, n.synced) {
			data = n.data[:len(n.synced)+d.random.IntN(more+1)]
		}
		next.names[name] = &inode{slices.Clone(data), slices.Clone(data)}
	}
	next.stable = maps.Clone(next.names)
	return next
}

// kill returns the disk as the next process finds it after the process was killed: everything that was written.
func (d *disk) kill() *disk {
	d.dead = true
	next := newDisk(d.random)
	for name, n := range d.names {
		next.names[name] = n
	}
	next.stable = maps.Clone(d.stable)
	return next
}

// Open implements engine.FileSystem.
func (d *disk) Open(name string, flag int) (engine.File, error) {
	if d.dead {
		return nil, errDisk
	}
	n := d.names[name]
	if n == nil && flag&os.O_CREATE == 0 {
		return nil, fs.ErrNotExist
	}
	if n == nil {
		if d.full {
			d.failed = true
			return nil, errDisk
		}
		n = new(inode)
		d.names[name] = n
	}
	if flag&os.O_TRUNC != 0 {
		n.data = nil
	}
	return &diskFile{d, n, bytes.NewReader(n.data)}, nil
}

// Rename implements engine.FileSystem.
func (d *disk) Rename(from, to string) error {
	if d.dead || d.names[from] == nil {
		return errDisk
	}
	d.names[to] = d.names[from]
	delete(d.names, from)
	if d.onImage != nil {
		d.onImage()
	}
	return nil
}

// Remove implements engine.FileSystem.
func (d *disk) Remove(name string) error {
	switch {
	case d.dead:
		return errDisk
	case d.names[name] == nil:
		return fs.ErrNotExist
	}
	delete(d.names, name)
	return nil
}

// SyncDir implements engine.FileSystem.
func (d *disk) SyncDir(string) error {
	if d.dead {
		return errDisk
	}
	if !d.lies {
		d.stable = maps.Clone(d.names)
	}
	return nil
}

// Lock implements engine.FileSystem.
func (d *disk) Lock(name string) (lock io.Closer, held bool, err error) {
	if d.dead {
		return nil, false, errDisk
	}
	if d.held[name] {
		return nil, true, nil
	}
	d.held[name] = true
	return unlocker{d, name}, false, nil
}

type unlocker struct {
	disk *disk
	name string
}

// Close implements io.Closer.
func (u unlocker) Close() error {
	delete(u.disk.held, u.name)
	return nil
}

// diskFile is an open file.
type diskFile struct {
	disk   *disk
	inode  *inode
	reader *bytes.Reader
}

// Read implements engine.File.
func (f *diskFile) Read(b []byte) (int, error) { return f.reader.Read(b) }

// Close implements engine.File.
func (f *diskFile) Close() error { return nil }

// Write implements engine.File.
func (f *diskFile) Write(b []byte) (int, error) {
	switch {
	case f.disk.dead:
		return 0, errDisk
	case f.disk.full:
		f.disk.failed = true
		n := f.disk.random.IntN(len(b) + 1)
		f.inode.data = append(slices.Clip(f.inode.data), b[:n]...)
		return n, errDisk
	}
	f.inode.data = append(slices.Clip(f.inode.data), b...)
	return len(b), nil
}

// Sync implements engine.File.
func (f *diskFile) Sync() error {
	switch {
	case f.disk.dead:
		return errDisk
	case !f.disk.lies:
		f.inode.synced = slices.Clone(f.inode.data)
	}
	return nil
}

// Truncate implements engine.File.
func (f *diskFile) Truncate(size int64) error {
	switch {
	case f.disk.dead:
		return errDisk
	case size > int64(len(f.inode.data)):
		f.inode.data = append(slices.Clip(f.inode.data), make([]byte, size-int64(len(f.inode.data)))...)
	default:
		f.inode.data = f.inode.data[:size:size]
	}
	return nil
}
