package proxy

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/internal/filelock"
)

// StateError is a state's file that cannot be used, read or written.
type StateError struct {
	Path   string
	Offset int64 // of what is wrong in it; -1 if it is about none
	Err    error
}

// Error names the file, the place and the cause.
func (e *StateError) Error() string {
	if e.Offset < 0 {
		return fmt.Sprintf("proxy: state %s: %v", e.Path, e.Err)
	}
	return fmt.Sprintf("proxy: state %s, byte %d: %v", e.Path, e.Offset, e.Err)
}

// Unwrap returns the cause.
func (e *StateError) Unwrap() error { return e.Err }

// Why a state's file is refused.
var (
	ErrDamaged = errors.New("torn or damaged")
	ErrForeign = errors.New("of another account or exchange")
	ErrVersion = errors.New("of another version")
)

var errChecksum = fmt.Errorf("%w: checksum", ErrDamaged)

const (
	stateBytesMax = 1 << 30
	compactBytes  = 16 << 20      // at least that is appended before the file is written anew
	retryEvery    = 1_000_000_000 // ns after which a file that could not be written is tried again
	armedEvery    = 100_000_000   // ns between two looks for clients with cancel_all_on_failure
	appliedMax    = 1 << 14       // account sequences of the exchange that are kept
)

// stateFile is the open file.
type stateFile struct {
	path     string
	sync     func(*os.File) error // nil if a crash of the machine may take the newest records
	unsynced bool
	lock     *os.File
	file     *os.File
	owner    [32]byte
	size     int64
	compact  int64 // size at which it is written anew
	w        writer
	retryAt  int64
	armedAt  int64
	recently []uint64 // the newest account sequences of the exchange, a ring
	oldest   int
}

// close closes the file and gives up the lock.
func (f *stateFile) close() error {
	if f == nil {
		return nil
	}
	var err error
	if f.file != nil {
		err = f.file.Close()
	}
	return errors.Join(err, f.lock.Close())
}

// openState reads the state's file, if there is one, and writes it anew.
func (p *Proxy) openState() error {
	if p.config.State == "" {
		return nil
	}
	f := &stateFile{path: p.config.State}
	if p.config.Sync {
		f.sync = (*os.File).Sync
	}
	f.owner = sha256.Sum256([]byte("smk proxy\x00" + p.config.Account + "\x00" + p.engine.String()))
	lock, err := filelock.Lock(f.path + ".lock")
	if err != nil {
		return &StateError{f.path, -1, err}
	}
	f.lock, p.file = lock, f
	b, err := f.read()
	if err == nil && b != nil {
		var offset int64
		if offset, err = (&loader{p: p}).load(b); err != nil {
			err = &StateError{f.path, offset, err}
		}
	}
	if err == nil {
		err = p.compact()
	}
	if err != nil {
		p.file = nil
		return errors.Join(err, f.close())
	}
	for _, c := range p.clients {
		if c.onFailure {
			p.gateway.Arm(c.Name, p.now()+int64(p.gateway.FailureDelay()))
		}
		if c.retired && c.open > 0 {
			p.log.Warn("a client that is not among the settings has orders", "client", c.Name, "orders", c.open)
		}
	}
	return nil
}

// read returns what is in the file, nil if there is none.
func (f *stateFile) read() ([]byte, error) {
	file, err := os.Open(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, &StateError{f.path, -1, err}
	}
	defer file.Close()
	b, err := io.ReadAll(io.LimitReader(file, stateBytesMax+1))
	switch {
	case err != nil:
		return nil, &StateError{f.path, -1, err}
	case len(b) > stateBytesMax:
		return nil, &StateError{f.path, -1, errors.New("is longer than 1 GiB")}
	case len(b) < headerBytes || !bytes.HasPrefix(b, []byte(stateMagic)):
		return nil, &StateError{f.path, 0, fmt.Errorf("%w: no state of a proxy", ErrDamaged)}
	}
	head := b[:headerBytes-4]
	switch {
	case binary.LittleEndian.Uint32(b[headerBytes-4:]) != crc32.Checksum(head, castagnoli):
		return nil, &StateError{f.path, 0, errChecksum}
	case binary.LittleEndian.Uint32(b[len(stateMagic):]) != stateVersion:
		return nil, &StateError{f.path, int64(len(stateMagic)), ErrVersion}
	case !bytes.Equal(b[len(stateMagic)+4:headerBytes-4], f.owner[:]):
		return nil, &StateError{f.path, int64(len(stateMagic)) + 4, ErrForeign}
	}
	return b, nil
}

// compact writes the file anew: it has what is known now, and nothing else.
func (p *Proxy) compact() error {
	f := p.file
	w := &writer{buf: make([]byte, 0, 1<<16)}
	w.buf = append(w.buf, stateMagic...)
	w.buf = binary.LittleEndian.AppendUint32(w.buf, stateVersion)
	w.buf = append(w.buf, f.owner[:]...)
	w.buf = binary.LittleEndian.AppendUint32(w.buf, crc32.Checksum(w.buf, castagnoli))
	for _, c := range p.clients {
		w.client(c)
		w.failure(c)
		c.history.since(0, func(m message) { w.history(c, m) })
	}
	for i := range f.recently {
		w.applied(f.recently[(f.oldest+i)%len(f.recently)], 0)
	}
	for _, e := range p.orders.early {
		w.early(e)
	}
	// Orders before the requests about them, and those that ended before others: the oldest are forgotten first.
	for _, o := range p.orders.ended {
		if q := p.orders.byReference[o.upstream]; q != nil && q.order == o {
			w.order(q)
		}
	}
	var open, about []uint64
	for upstream, q := range p.orders.byReference {
		switch {
		case q.creates() && q.order.open():
			open = append(open, upstream)
		case !q.creates() && !(q.done && !q.doubt):
			about = append(about, upstream)
		}
	}
	slices.Sort(open)
	for _, upstream := range open {
		w.order(p.orders.byReference[upstream])
	}
	slices.Sort(about)
	for _, upstream := range about {
		w.request(p.orders.byReference[upstream])
	}
	if err := f.replace(w.buf); err != nil {
		return &StateError{f.path, -1, err}
	}
	f.size, f.unsynced = int64(len(w.buf)), false
	p.release()
	f.compact = max(compactBytes, 4*f.size)
	return nil
}

// replace replaces the file by one with these bytes, which are on the disk when it returns.
func (f *stateFile) replace(b []byte) error {
	file, err := os.OpenFile(f.path+".tmp", os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if _, err = file.Write(b); err == nil {
		err = file.Sync()
	}
	if err == nil {
		err = os.Rename(f.path+".tmp", f.path)
	}
	if err != nil {
		return errors.Join(err, file.Close())
	}
	if dir, err := os.Open(filepath.Dir(f.path)); err == nil {
		_ = dir.Sync() // not every file system can
		_ = dir.Close()
	}
	if f.file != nil {
		_ = f.file.Close() // the one that was replaced
	}
	f.file = file
	return nil
}

// record appends a record. While that fails orders are refused, see maintain.
func (p *Proxy) record(write func(w *writer)) {
	f := p.file
	if f == nil || p.unsaved {
		return
	}
	f.w.buf = f.w.buf[:0]
	write(&f.w)
	n, err := f.file.Write(f.w.buf)
	f.size += int64(n)
	if f.unsynced = f.sync != nil; err != nil {
		p.notSaved(err)
	}
}

// syncState makes the records durable, if they have to be, before anything leaves that follows from them: once for all
// that were made since.
func (p *Proxy) syncState() {
	f := p.file
	switch {
	case f == nil || !f.unsynced:
		return
	case p.unsaved: // it is said all the same, as the log says
		f.unsynced = false
		p.release()
		return
	}
	f.unsynced = false
	if err := f.sync(f.file); err != nil {
		p.notSaved(err)
	}
	p.release()
}

// notSaved notes that the file cannot be written.
func (p *Proxy) notSaved(err error) {
	f := p.file
	p.unsaved, f.retryAt = true, p.now()+retryEvery
	p.log.Error("state not written: orders are refused until it is", "error", &StateError{f.path, f.size, err})
}

// maintain writes the file anew when it has grown, or could not be written.
func (p *Proxy) maintain(now int64) {
	f := p.file
	if f == nil {
		return
	}
	if now >= f.armedAt+armedEvery {
		f.armedAt = now
		p.recordArmed()
	}
	p.syncState()
	switch {
	case p.unsaved && now >= f.retryAt:
		f.retryAt = now + retryEvery
		if err := p.compact(); err == nil {
			p.unsaved = false
			p.log.Info("state written again")
		}
	case !p.unsaved && f.size >= f.compact:
		if err := p.compact(); err != nil {
			f.compact = f.size + compactBytes // later: what is appended is safe
			p.log.Error("state not written anew", "error", err)
		}
	}
}

// recordArmed records whose orders are to be cancelled if the client does not come back.
func (p *Proxy) recordArmed() {
	for _, c := range p.clients {
		if on := p.gateway.IsArmed(c.Name); on != c.onFailure {
			c.onFailure = on
			p.record(func(w *writer) { w.failure(c) })
		}
	}
}

// apply notes that a message of the exchange was applied.
func (p *Proxy) apply(sequence uint64) {
	p.applied[sequence] = struct{}{}
	p.remember(sequence)
}

// isApplied reports whether the file has, or had, a message of the exchange.
func (p *Proxy) isApplied(sequence uint64) bool {
	_, ok := p.applied[sequence]
	return ok || sequence <= p.appliedTo
}

// remember notes an account sequence for the file.
func (p *Proxy) remember(sequence uint64) {
	f := p.file
	switch {
	case f == nil:
	case len(f.recently) < appliedMax:
		f.recently = append(f.recently, sequence)
	default:
		p.appliedTo = max(p.appliedTo, f.recently[f.oldest])
		delete(p.applied, f.recently[f.oldest])
		f.recently[f.oldest] = sequence
		f.oldest = (f.oldest + 1) % appliedMax
	}
}

// onAccountReset forgets the account sequences: the exchange counts anew.
func (p *Proxy) onAccountReset(*engine.Event) {
	p.forgetApplied()
	p.record(func(w *writer) { w.numbers(recordReset) })
}

// forgetApplied forgets the account sequences.
func (p *Proxy) forgetApplied() {
	clear(p.applied)
	p.appliedTo = 0
	for _, o := range p.orders.byID {
		o.stamps = o.stamps.forgotten()
	}
	p.orders.early = nil
	if f := p.file; f != nil {
		f.recently, f.oldest = slices.Delete(f.recently, 0, len(f.recently)), 0
	}
}
