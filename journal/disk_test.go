package journal

import (
	"errors"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"
)

// disk is a file system in memory that knows what is durable: file contents by Sync, names by SyncDir. Calls fail as
// told; a write that fails writes half. crash leaves what is durable, and of the rest any blocks.
type disk struct {
	mu     sync.Mutex
	calls  int
	bytes  int64                                 // that were read
	fail   func(call int, op, name string) error // nil for none
	room   int64                                 // bytes that may be claimed; 0 for no limit
	names  map[string]*inode
	stable map[string]*inode // durable names
	held   map[string]bool
	gate   chan struct{} // if not nil, a write waits for it
}

type inode struct{ data, synced []byte }

var errDisk = errors.New("the disk fails")

func newDisk() *disk {
	return &disk{names: map[string]*inode{}, stable: map[string]*inode{}, held: map[string]bool{}}
}

// setFail says which calls fail from now on.
func (d *disk) setFail(f func(call int, op, name string) error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls, d.fail = 0, f
}

func (d *disk) setRoom(n int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.room = n
}

// call counts a call and says whether it fails. mu is held.
func (d *disk) call(op, name string) error {
	d.calls++
	if d.fail != nil {
		return d.fail(d.calls, op, path.Base(name))
	}
	return nil
}

// claimed returns how many bytes all files have. mu is held.
func (d *disk) claimed() (n int64) {
	for _, i := range d.names {
		n += int64(len(i.data))
	}
	return n
}

// grow gives a file a size as far as there is room. mu is held.
func (d *disk) grow(n *inode, size int64) error {
	var err error
	if more := size - int64(len(n.data)); more > 0 && d.room > 0 && d.claimed()+more > d.room {
		size = max(int64(len(n.data)), size-(d.claimed()+more-d.room))
		err = syscall.ENOSPC
	}
	if more := size - int64(len(n.data)); more > 0 {
		n.data = append(n.data, make([]byte, more)...)
	}
	return err
}

func (d *disk) MkdirAll(dir string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.call("mkdir", dir)
}

func (d *disk) ReadDir(dir string) (names []string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for name := range d.names {
		if path.Dir(name) == dir {
			names = append(names, path.Base(name))
		}
	}
	return names, d.call("readdir", dir)
}

func (d *disk) Open(name string, flag int) (File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.call("open", name); err != nil {
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
	return &diskFile{d, n, name}, nil
}

func (d *disk) Remove(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.call("remove", name); err != nil {
		return err
	}
	if d.names[name] == nil {
		return fs.ErrNotExist
	}
	delete(d.names, name)
	return nil
}

func (d *disk) SyncDir(dir string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.call("syncdir", dir); err != nil {
		return err
	}
	d.stable = maps.Clone(d.names)
	return nil
}

func (d *disk) Lock(name string) (io.Closer, bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.call("lock", name); err != nil {
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
	u.d.mu.Lock()
	defer u.d.mu.Unlock()
	delete(u.d.held, u.name)
	return nil
}

// crash returns the disk after a power cut: of each file what is durable and, with some, any of the blocks that were
// written since; of the names the durable ones, or with some all.
func (d *disk) crash(r *rand.Rand, some bool) *disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	from := d.stable
	if some && r.IntN(2) == 0 {
		from = d.names
	}
	next := newDisk()
	for name, n := range from {
		data := slices.Clone(n.synced)
		if some {
			if r.IntN(2) == 0 { // the size is written apart from the contents
				data = append(data, make([]byte, max(0, len(n.data)-len(data)))...)[:len(n.data)]
			}
			odds := r.IntN(5)
			for at := 0; at < len(data); at += blockBytes {
				if r.IntN(4) < odds && at < len(n.data) {
					copy(data[at:min(at+blockBytes, len(data))], n.data[at:])
				}
			}
		}
		next.names[name] = &inode{data, slices.Clone(data)}
	}
	next.stable = maps.Clone(next.names)
	return next
}

// clone returns a disk with the same files.
func (d *disk) clone() *disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	next := newDisk()
	for name, n := range d.names {
		next.names[name] = &inode{data: slices.Clone(n.data), synced: slices.Clone(n.synced)}
	}
	next.stable = maps.Clone(next.names)
	return next
}

// file returns the contents of a segment.
func (d *disk) file(number uint64) []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	if n := d.names[testDir+"/"+fileName(number)]; n != nil {
		return n.data
	}
	return nil
}

type diskFile struct {
	d    *disk
	n    *inode
	name string
}

func (f *diskFile) ReadAt(b []byte, off int64) (int, error) {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if err := f.d.call("read", f.name); err != nil {
		return 0, err
	}
	if off >= int64(len(f.n.data)) {
		return 0, io.EOF
	}
	n := copy(b, f.n.data[off:])
	f.d.bytes += int64(n)
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

func (f *diskFile) WriteAt(b []byte, off int64) (int, error) {
	f.d.mu.Lock()
	gate := f.d.gate
	f.d.mu.Unlock()
	if gate != nil {
		<-gate
	}
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	err := f.d.call("write", f.name)
	if err != nil {
		b = b[:len(b)/2]
	}
	if full := f.d.grow(f.n, off+int64(len(b))); full != nil {
		err = full
	}
	return copy(f.n.data[min(off, int64(len(f.n.data))):], b), err
}

func (f *diskFile) Close() error { return nil }

func (f *diskFile) Size() (int64, error) {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	return int64(len(f.n.data)), f.d.call("size", f.name)
}

func (f *diskFile) Truncate(size int64) error {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if err := f.d.call("truncate", f.name); err != nil {
		return err
	}
	if size < int64(len(f.n.data)) {
		f.n.data = slices.Clone(f.n.data[:size])
	}
	return f.d.grow(f.n, size)
}

func (f *diskFile) Allocate(size int64) error {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if err := f.d.call("allocate", f.name); err != nil {
		return err
	}
	return f.d.grow(f.n, size)
}

func (f *diskFile) Sync() error {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if err := f.d.call("sync", f.name); err != nil {
		return err
	}
	f.n.synced = slices.Clone(f.n.data)
	return nil
}

const testDir = "/j"

// testClock is a clock that moves by itself a little with each reading, and by hand.
type testClock struct {
	mu  sync.Mutex
	now int64
}

func (c *testClock) read() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now++
	return c.now
}

func (c *testClock) advance(ns int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now += ns
}

const testEpoch = int64(1_000_000_000_000_000_000) // wall clock at reading 0

func (c *testClock) wall() int64 { return c.read() + testEpoch }

// small are settings of a small journal in memory.
func small(d *disk, c *testClock) Config {
	return Config{
		Dir: testDir, Name: "maker", RingBytes: ringBytesMin, SegmentBytes: segmentBytesMin, Durability: SyncGroup,
		OnFull: FullWait, WaitMax: time.Minute, FS: d, Clock: c.read, Wall: c.wall,
	}
}

func open(t testing.TB, c Config) *Journal {
	t.Helper()
	j, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func closed(t testing.TB, j *Journal) {
	t.Helper()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

// payloadOf returns what the record with a number says in these tests, so that each record can be checked by itself.
func payloadOf(seq uint64) []byte {
	payloadsMu.Lock()
	defer payloadsMu.Unlock()
	if payloads[seq] == nil {
		payloads[seq] = makePayload(seq)
	}
	return payloads[seq]
}

var (
	payloadsMu sync.Mutex
	payloads   = make(map[uint64][]byte)
)

func makePayload(seq uint64) []byte {
	r := rand.New(rand.NewPCG(seq, 7))
	b := le.AppendUint64(nil, seq)
	for range r.IntN(200) {
		b = append(b, byte(r.Uint32()))
	}
	return b
}

// add appends n records that can be checked.
func add(r *Recorder, n int) {
	for range n {
		seq := r.Seq() + 1
		r.Append(KindInbound, uint8(seq%100), uint32(seq%1000), int64(seq)*10, payloadOf(seq))
	}
}

// content is what readAll found.
type content struct {
	records []uint64 // numbers of those that add appended
	lost    uint64
	last    uint64 // number of the last record, lost ones included
	torn    int64
	err     error // nil for the end
}

// readAll reads all records and checks each that add appended.
func readAll(t testing.TB, r *Reader, err error) (c content) {
	t.Helper()
	if err != nil {
		c.err = err
		return c
	}
	defer r.Close()
	for {
		rec, err := r.Next()
		if err != nil {
			if err != io.EOF {
				c.err = err
			}
			c.torn = r.Torn()
			return c
		}
		checkRecord(t, rec)
		if rec.Own {
			continue
		}
		if c.last != 0 && rec.Seq != c.last+1 {
			t.Fatalf("record %d after %d", rec.Seq, c.last)
		}
		c.last = rec.Seq
		switch rec.Kind {
		case KindInbound:
			c.records = append(c.records, rec.Seq)
		case KindLost:
			info, err := DecodeLost(rec.Payload)
			if err != nil {
				t.Fatal(err)
			}
			c.lost += info.Records
			c.last += info.Records - 1
		}
	}
}

func checkRecord(t testing.TB, rec *Record) {
	t.Helper()
	if rec.Kind != KindInbound {
		return
	}
	if rec.Flags != uint8(rec.Seq%100) || rec.Epoch != uint32(rec.Seq%1000) || rec.At != int64(rec.Seq)*10 ||
		!slices.Equal(rec.Payload, payloadOf(rec.Seq)) {
		t.Fatalf("a wrong record: %+v", rec)
	}
}

// readDisk reads a journal in memory.
func readDisk(t testing.TB, d *disk) content {
	t.Helper()
	r, err := OpenDir(testDir, ReaderConfig{FS: d})
	return readAll(t, r, err)
}
