package statefile

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
)

// disk is a file system in memory that knows what is durable: file contents by Sync, names by SyncDir. Its call number
// failAt fails; a write then writes half. crash leaves what is durable, and of what is not any part.
type disk struct {
	calls  int
	failAt int // 0 for none
	all    bool
	names  map[string]*inode
	stable map[string]*inode // durable names
	held   map[string]bool
	log    []string
	onSync func()
}

type inode struct{ data, synced []byte }

var errDisk = errors.New("the disk fails")

func newDisk() *disk {
	return &disk{names: map[string]*inode{}, stable: map[string]*inode{}, held: map[string]bool{}}
}

// call counts a call and says whether it fails.
func (d *disk) call(what string) error {
	d.calls++
	d.log = append(d.log, what)
	if d.calls == d.failAt || d.all && d.failAt != 0 && d.calls > d.failAt {
		return errDisk
	}
	return nil
}

func (d *disk) Open(name string, flag int) (File, error) {
	if err := d.call("open " + path.Base(name)); err != nil {
		return nil, err
	}
	n := d.names[name]
	if n == nil && flag&os.O_CREATE == 0 {
		return nil, fs.ErrNotExist
	}
	if n == nil {
		n = new(inode)
		d.names[name] = n
	}
	if flag&os.O_TRUNC != 0 {
		n.data = nil
	}
	return &diskFile{d, n, bytes.NewReader(n.data)}, nil
}

func (d *disk) Rename(from, to string) error {
	if err := d.call("rename"); err != nil {
		return err
	}
	d.names[to] = d.names[from]
	delete(d.names, from)
	return nil
}

func (d *disk) Remove(name string) error {
	if err := d.call("remove"); err != nil {
		return err
	}
	if d.names[name] == nil {
		return fs.ErrNotExist
	}
	delete(d.names, name)
	return nil
}

func (d *disk) SyncDir(string) error {
	if err := d.call("sync dir"); err != nil {
		return err
	}
	d.stable = maps.Clone(d.names)
	return nil
}

func (d *disk) Lock(name string) (io.Closer, bool, error) {
	if err := d.call("lock"); err != nil {
		return nil, false, err
	}
	if d.held[name] {
		return nil, true, nil
	}
	d.held[name] = true
	return unlocker{d, name}, false, nil
}

type unlocker struct {
	d    *disk
	name string
}

func (u unlocker) Close() error {
	delete(u.d.held, u.name)
	return nil
}

// crash returns the disk after a power cut: of each file what is durable, or with part what was written, cut short by
// cut bytes; of the names the durable ones, or with names all.
func (d *disk) crash(names, part bool, cut int) *disk {
	from := d.stable
	if names {
		from = d.names
	}
	next := newDisk()
	for name, n := range from {
		data := n.synced
		if part && len(n.data) > len(n.synced) && bytes.HasPrefix(n.data, n.synced) {
			data = n.data[:max(len(n.data)-cut, len(n.synced))]
		}
		next.names[name] = &inode{slices.Clone(data), slices.Clone(data)}
	}
	next.stable = maps.Clone(next.names)
	return next
}

type diskFile struct {
	d *disk
	n *inode
	r *bytes.Reader
}

func (f *diskFile) Read(b []byte) (int, error) { return f.r.Read(b) }
func (f *diskFile) Close() error               { return f.d.call("close") }

func (f *diskFile) Write(b []byte) (int, error) {
	if err := f.d.call("write"); err != nil {
		f.n.data = append(slices.Clip(f.n.data), b[:len(b)/2]...)
		return len(b) / 2, err
	}
	f.n.data = append(slices.Clip(f.n.data), b...)
	return len(b), nil
}

func (f *diskFile) Sync() error {
	if f.d.onSync != nil {
		f.d.onSync()
	}
	if err := f.d.call("sync"); err != nil {
		return err
	}
	f.n.synced = slices.Clone(f.n.data)
	return nil
}

func (f *diskFile) Truncate(size int64) error {
	if err := f.d.call("truncate"); err != nil {
		return err
	}
	f.n.data = slices.Clone(f.n.data[:size])
	return nil
}
