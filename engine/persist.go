package engine

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math"
	"time"

	"github.com/smk-go/smk/engine/internal/statefile"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/marks"
)

// StateFileError is a file of StateConfig.File that cannot be read or written, or is refused: its Path, the Offset of
// what is wrong in it, or -1, and in Err one of ErrStateDamaged, ErrStateForeign, ErrStateVersion, ErrStateInUse, a
// *[order.StateError], or what the system says. A file that is refused is left as it is.
type StateFileError = statefile.Error

// FileSystem and File are what StateConfig.Files provides.
type (
	FileSystem = statefile.FS
	File       = statefile.File
)

// Why a state file is refused.
var (
	ErrStateDamaged = statefile.ErrDamaged
	ErrStateForeign = statefile.ErrForeign
	ErrStateVersion = statefile.ErrVersion
	ErrStateInUse   = statefile.ErrInUse
)

// SaveFailurePolicy says what follows while the state cannot be saved.
type SaveFailurePolicy uint8

// The policies.
const (
	// HoldOrders refuses order_create and order_cancel_replace with the *StateFileError, and pulls quotes, until
	// the state is saved again. Cancels and reductions pass.
	HoldOrders SaveFailurePolicy = iota

	// TradeUnsaved goes on: only OnSaved's handlers and the log say so. Intents are then not durable either.
	TradeUnsaved

	saveFailurePolicies
)

const (
	// SaveEvery is how often the state is saved, if it changes.
	SaveEvery = time.Second

	// savePatience is how long New and the end of an engine wait for the disk.
	savePatience = 10 * time.Second

	// saveRetry is the pause after a failure.
	saveRetry = time.Second

	// A run has runReferences references. The upper half, from quoteReferences on, is of requests of quotes. At
	// 1000 messages a second a half lasts a year.
	runReferences   = 1 << 36
	quoteReferences = runReferences / 2

	payloadVersion  = 1
	payloadHead     = 4 + 6*8 + 4
	payloadApplied  = 16
	accountBytesMax = 1 << 10
)

// persist keeps the trading state on disk. The loop only.
type persist struct {
	store   *statefile.Store
	writer  *statefile.Writer
	log     *statefile.Log // of intents; nil if they are not durable
	replica *replica
	tape    *tape // nil without a journal
	policy  SaveFailurePolicy
	every   int64

	due     int64  // clock reading of the next image, if there is something to save
	started int64  // clock reading of the start
	covered uint64 // intents that the newest durable image covers

	failed  error // what saving fails with
	refused error // what sends are refused with for it

	dirty     bool // something has changed since the last image was made
	writing   bool // an image is being written
	notified  bool // a failure was reported
	report    bool // handlers are to be called with it, or with its end
	places    bool // an intent that is not durable yet may bring an order to the book
	lost      bool // one was not noted
	logFailed bool
	inline    bool // the loop writes: time is virtual
	skipped   bool // the state may be half changed: no last image
	resumed   bool // the login resumed from an account message

	cursor   // of the newest image; the writer's until that is written
	runs     // constant, but for lastQuote
	recovery Recovery
}

// runs are the references of this run and the earlier ones.
type runs struct {
	run       uint64           // from 1
	first     uint64           // reference below those of all runs
	base      uint64           // reference below those of this one
	own       order.References // of earlier runs
	lastQuote uint64           // of this one, from base on
}

// cursor is what an image covers: where the account's messages resume, and how many intents.
type cursor struct {
	covers   uint64
	sequence uint64
	mark     uint64
	applied  []session.AccountRange
}

// resolvePersist checks the settings of the file, and sets those of the session that follow from it.
func resolvePersist(c *Config) error {
	s := &c.State
	if s.File == "" {
		if s.DurableIntents || s.SaveEvery != 0 || s.OnSaveFailed != 0 || s.Account != "" {
			return &ConfigError{"State.File", "must be set with State.Account, SaveEvery, DurableIntents and " +
				"OnSaveFailed"}
		}
		return nil
	}
	if s.SaveEvery == 0 {
		s.SaveEvery = SaveEvery
	}
	switch {
	case accountOf(c) == "":
		return &ConfigError{"State.Account", "must name the account for State.File if Session.Username does not"}
	case len(accountOf(c)) > accountBytesMax:
		return &ConfigError{"State.Account", "is too long"}
	case s.SaveEvery < time.Millisecond || s.SaveEvery > durationMax:
		return &ConfigError{"State.SaveEvery", "must be 0, or a millisecond to 24 hours"}
	case s.OnSaveFailed >= saveFailurePolicies:
		return &ConfigError{"State.OnSaveFailed", "is not a SaveFailurePolicy"}
	case c.Session.ReferenceBase != 0 && c.Clock == nil || c.Session.ReferenceBase > math.MaxUint64/4:
		return &ConfigError{"Session.ReferenceBase", "contradicts State.File, which keeps the references"}
	case c.Session.AccountSequence|c.Session.AccountMark != 0 || len(c.Session.AccountApplied) > 0 ||
		len(c.Session.InDoubt) > 0 || c.Session.ResumeFrom.ID != "":
		return &ConfigError{"State.File", "contradicts Session.AccountSequence, AccountApplied, InDoubt and ResumeFrom"}
	case c.Session.Resume == session.ResumeNone:
		return &ConfigError{"State.File", "contradicts ResumeNone"}
	}
	return nil
}

// accountOf returns what names the account in a file.
func accountOf(c *Config) string {
	if c.State.Account != "" {
		return c.State.Account
	}
	return c.Session.Username
}

// ownerOf returns what a file has instead of the account and the exchange.
func ownerOf(c *Config) statefile.Owner {
	return sha256.Sum256([]byte("smk state\x00" + c.Address + "\x00" + accountOf(c)))
}

// openStore locks the files of the state. It returns nil if there are none.
func (e *Engine) openStore(c *Config) (*statefile.Store, error) {
	if c.State.File == "" || c.State.Disable {
		return nil, nil
	}
	fs, owner := c.State.Files, ownerOf(c)
	if fs == nil {
		fs = statefile.OS{}
		c.State.File = statefile.ResolveLinks(c.State.File)
	}
	if e.tape.replaying() {
		owner = e.tape.begin.Owner
	}
	return statefile.Open(statefile.Config{FS: fs, Path: c.State.File, Owner: owner, Version: payloadVersion})
}

// closeStore unlocks the files of the state, if there are any.
func closeStore(store *statefile.Store) {
	if store != nil {
		_ = store.Close()
	}
}

// openPersist reads the file into the trading state, which is empty, and into the settings of the session, and
// writes it once, so that the references of this run are durably taken.
func (e *Engine) openPersist(c *Config, store *statefile.Store) (err error) {
	t := e.trading
	p := &persist{store: store, policy: c.State.OnSaveFailed, every: int64(c.State.SaveEvery), started: e.now}
	p.tape, p.inline = e.tape, c.Clock != nil || e.tape.replaying()
	p.applied = make([]session.AccountRange, 0, session.AccountHolesMax+1)
	defer func() {
		if err != nil {
			_ = p.close(nil, 0)
		}
	}()
	if err = p.read(e.now, t.orders, c); err != nil {
		return err
	}
	if err = p.readIntents(t.orders); err != nil {
		return err
	}
	t.orders.SetClock(e.now - 1) // what was sent before was sent before the start
	c.Session.ReferenceBase = p.base
	c.Session.AccountFromStart = true
	c.Session.AccountSequence, c.Session.AccountMark = p.sequence, p.mark
	c.Session.AccountApplied = append([]session.AccountRange(nil), p.applied...)
	t.persist = p
	c.Session.InDoubt = t.recover(e.now, c.Session.UnansweredMax)

	if p.replica, err = newReplica(c.State.Orders, t.orders, p.own); err != nil {
		return err
	}
	size := payloadHead + payloadApplied*cap(p.applied) + t.orders.StateBytesMax()
	if p.inline {
		p.writer = statefile.NewInlineWriter(store, size, p.fill, p.replica.read)
	} else {
		p.writer = statefile.NewWriter(store, size, p.fill, p.replica.read, e.wake)
	}
	p.covers = p.covered
	p.note(noteMark, e.now)
	p.writer.Save(e.now)
	if !p.writer.Wait(savePatience) {
		marks.Hit(marks.PersistFirstTimeout)
		return p.timeout()
	}
	if _, err = p.writer.Result(); err != nil {
		return err
	}
	if !c.State.DurableIntents {
		return store.RemoveLog()
	}
	p.log, err = store.NewLog(p.covered)
	return err
}

// errSaveTimeout means that the disk did not answer for savePatience.
var errSaveTimeout = errors.New("no answer of the disk")

func (p *persist) timeout() error {
	return &statefile.Error{Path: p.store.Path(), Offset: -1, Text: "write", Err: errSaveTimeout}
}

// close releases the files once the writer is idle, after a last image if there is one, and returns what that fails
// with. It waits for savePatience; the files stay locked for as long as it takes.
func (p *persist) close(last []byte, now int64) error {
	if p.log != nil {
		_ = p.log.Close()
		p.log = nil
	}
	if p.replica != nil {
		p.replica.stale = true // nothing is noted any more
	}
	if p.inline {
		return p.release(last, now)
	}
	ended := make(chan error, 1)
	go func() { ended <- p.release(last, now) }()
	patience := time.NewTimer(savePatience)
	defer patience.Stop()
	select {
	case err := <-ended:
		return err
	case <-patience.C:
		marks.Hit(marks.PersistLastTimeout)
		return p.timeout()
	}
}

// release ends the writer, writes a last image if there is one, and unlocks the files.
func (p *persist) release(last []byte, now int64) (err error) {
	if p.writer != nil {
		<-p.writer.Close()
	}
	if last != nil {
		_, err = p.store.Write(last, now)
	}
	_ = p.store.Close()
	return err
}

// read reads the image, or begins the first run, with the references of its term, or above Session.ReferenceBase, or if
// that is 0, too, above a random one.
func (p *persist) read(now int64, orders *order.Manager, c *Config) error {
	image, found, err := p.store.Read()
	if err != nil {
		return err
	}
	p.recovery.Found = found
	if !found {
		if p.first = c.Session.ReferenceBase; p.first == 0 {
			var b [8]byte
			_, _ = rand.Read(b[:]) // never fails
			p.first = binary.LittleEndian.Uint64(b[:])>>2 + 1
		}
		p.run, p.base = 1, p.first
		marks.Hit(marks.PersistFirstRun)
		if err := p.beginTerm(c.ReferenceTerm, false); err != nil {
			return err
		}
		p.ownReferences(orders)
		return nil
	}
	n, err := p.parse(image.Payload)
	if err != nil {
		return err
	}
	if err := orders.LoadState(image.Payload[n:]); err != nil {
		at := int64(statefile.HeaderBytes + n)
		if state := (*order.StateError)(nil); errors.As(err, &state) {
			at += int64(state.Offset)
		}
		marks.Hit(marks.PersistOrdersDamaged)
		return &statefile.Error{Path: p.store.Path(), Offset: at, Text: "orders", Err: err}
	}
	p.recovery.Saved = time.Unix(0, image.Saved)
	p.recovery.Age = time.Duration(max(now-image.Saved, 0))
	p.recovery.Live = orders.LiveCount()
	p.run++
	marks.Hit(marks.PersistLaterRun)
	if err := p.beginTerm(c.ReferenceTerm, true); err != nil {
		return err
	}
	if c.ReferenceTerm == 0 {
		p.base += runReferences
	}
	p.ownReferences(orders)
	return nil
}

// ownReferences makes the references of earlier runs the account's own, if there may be some.
func (p *persist) ownReferences(orders *order.Manager) {
	if p.base > p.first {
		p.own = order.References{First: p.first + 1, Last: p.base}
		orders.OwnReferences(p.own)
	}
}

// fill appends the payload of an image as of the mark; on the writer's goroutine.
func (p *persist) fill(b []byte) []byte {
	p.replica.readMark()
	return p.append(b, &p.cursor, p.replica.orders)
}

// append appends a payload.
func (p *persist) append(b []byte, at *cursor, orders *order.Manager) []byte {
	le, from := binary.LittleEndian, len(b)
	b = le.AppendUint32(b, 0)
	for _, n := range [...]uint64{p.run, p.first, p.base, at.covers, at.sequence, at.mark} {
		b = le.AppendUint64(b, n)
	}
	b = le.AppendUint32(b, uint32(len(at.applied)))
	for _, r := range at.applied {
		b = le.AppendUint64(le.AppendUint64(b, r.From), r.To)
	}
	le.PutUint32(b[from:], uint32(len(b)-from))
	return orders.AppendState(b)
}

// parse reads what a payload has before the orders, and returns how long that is.
func (p *persist) parse(b []byte) (n int, err error) {
	le := binary.LittleEndian
	damaged := func(at int, text string) (int, error) {
		return 0, statefile.Damaged(p.store.Path(), int64(statefile.HeaderBytes+at), text)
	}
	if len(b) < payloadHead {
		return damaged(0, "ends early")
	}
	n = int(le.Uint32(b))
	count := int(le.Uint32(b[payloadHead-4:]))
	if count > session.AccountHolesMax+1 || n != payloadHead+count*payloadApplied || n > len(b) {
		return damaged(payloadHead-4, "ranges of account sequences")
	}
	for i, at := range [...]*uint64{&p.run, &p.first, &p.base, &p.covered, &p.sequence, &p.mark} {
		*at = le.Uint64(b[4+8*i:])
	}
	const most = math.MaxUint64 - 2*runReferences
	if p.run == 0 || p.first == 0 || p.base < p.first || p.base > most || (p.base-p.first)%runReferences != 0 {
		return damaged(4, "references")
	}
	last := p.sequence
	for i := range count {
		at := payloadHead + i*payloadApplied
		r := session.AccountRange{From: le.Uint64(b[at:]), To: le.Uint64(b[at+8:])}
		if r.From <= last || r.To < r.From {
			return damaged(at, "ranges of account sequences")
		}
		last = r.To
		p.applied = append(p.applied, r)
	}
	return n, nil
}

// isQuote reports whether a reference is of a request of quotes, of this run or an earlier one.
func (p *persist) isQuote(reference uint64) bool {
	return p != nil && reference > p.first && reference <= p.base+runReferences &&
		(reference-p.first)%runReferences >= quoteReferences
}

// quoteReference returns the reference of the next request of quotes, 0 if it need not have one of its own.
func (t *trading) quoteReference() uint64 {
	p := t.persist
	if p == nil || !t.stepping || p.lastQuote+1 >= runReferences {
		return 0
	}
	p.lastQuote = max(p.lastQuote, quoteReferences) + 1
	return p.base + p.lastQuote
}

// places reports whether a message can bring an order to the book.
func places(typ msg.PayloadType) bool {
	return typ == msg.PayloadOrderCreate || typ == msg.PayloadOrderCancelReplace
}

// refusal returns why a message may not be sent although the session would take it, nil if it may.
func (p *persist) refusal(typ msg.PayloadType) error {
	if p == nil || p.failed == nil || p.policy != HoldOrders || !places(typ) {
		return nil
	}
	marks.Hit(marks.PersistHolds)
	return p.refused
}

// UnsavedError is why an order is refused while the state cannot be saved: see [HoldOrders].
type UnsavedError struct{ Err error }

// Error returns the cause.
func (e *UnsavedError) Error() string {
	return "engine: no orders while the state cannot be saved: " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *UnsavedError) Unwrap() error { return e.Err }

// SafeToResend reports, to session.SafeToResend, that nothing was sent.
func (e *UnsavedError) SafeToResend() bool { return true }
