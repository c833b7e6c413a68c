package prove

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"net"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/engine/session"
)

// bot is a process: an engine, which is another one after it was killed, and what it wants.
type bot struct {
	world   *World
	index   int
	role    Role
	name    string
	account string
	random  *rand.Rand

	engine  *driver   // nil while it is dead
	scripts []*script // of its processes that had a journal
	link    *link     // the newest connection
	starts  int
	room    int   // for orders
	disk    *disk // nil if it keeps no file
	lied    bool  // the disk has lied: a file may be damaged

	stoppedUntil int64           // the process does not run
	deadUntil    int64           // it is killed
	writable     bool            // its connection takes bytes again
	doomed       time.Duration   // it is killed when a request leaves, for so long
	slow         time.Duration   // what the next handler takes
	resolveAt    int64           // when a doubt is resolved next
	resumeAt     int64           // when a halt by a limit is ended next
	received     int64           // when the exchange said something
	asked        map[uint64]bool // orders that were cancelled to find out about them

	halted     bool // the kill switch is thrown
	restarting bool // it stops, and is started again
	wanted     map[quoteKey]quote.Two
	placed     []placed
	replaces   []uint64 // references of replaces in doubt whose originals are not known
	checks     checks

	uncertainFile                 bool // a file was lost
	sequencesRestarted, forgotten bool // by the exchange: what is known may be incomplete

	watch
	outgoing outgoing
	saved    saved
	quoting  quoting

	accountLog account
}

// exceededMax is how often a bot may exceed limits that the exchange has changed while requests were under way.
const exceededMax = 20

type quoteKey struct{ market, contract uint32 }

func newBot(w *World, index int, role Role) *bot {
	b := &bot{
		world: w, index: index, role: role, name: "bot" + string(rune('0'+index)), stoppedUntil: math.MinInt64,
		random: rand.New(rand.NewPCG(w.schedule.Seed, 0x100+uint64(index))),
	}
	if w.schedule.Persist != NoFile {
		b.disk = newDisk(rand.New(rand.NewPCG(w.schedule.Seed, 0x200+uint64(index))))
	}
	b.account = b.name
	if role == Second {
		b.account = "bot0"
	}
	return b
}

// start starts the process. With a disk that does not work it tries again later.
func (b *bot) start() {
	w := b.world
	b.restarting, b.replaces = false, nil
	b.starts++
	b.wanted, b.placed, b.halted, b.haltFor = make(map[quoteKey]quote.Two), nil, false, 0
	before := b.checks.sent
	b.checks, b.stream, b.actedAt = newChecks(), stream{}, w.now
	config := engine.Config{
		Address: "exchange.test:3801", DisableTLS: true,
		Session: session.Config{
			Username: b.account, Password: "secret-of-" + b.account,
			AccountFromStart: true, RequireCaughtUp: true,
			ReferenceBase: 1 + b.random.Uint64()>>3,
		},
		State: engine.StateConfig{
			Orders: order.Config{Orders: 1024, Retained: 4096, Requests: 512, Fills: 8192, Contracts: 16},
			Quotes: quote.Config{Contracts: 16},
		},
		OnStop:      engine.StopCancelAll,
		StopTimeout: time.Minute,
		Clock:       b.clock,
		Dial: func(context.Context, string, string) (net.Conn, error) {
			l, err := w.connect()
			if err != nil {
				return nil, err
			}
			b.link, l.bot = l, b
			b.outgoing.opened()
			return l, nil
		},
	}
	b.jump()
	config.State.HandleReplayed = b.handlesReplayed()
	b.quoting = b.newQuoting()
	if w.schedule.Settings == 0 {
		b.limit(&config)
	} else { // which have limits of their own
		b.limits = limits{filled: w.now, orders: make(map[sentOrder]int64), levels: 1}
		if w.schedule.Settings.has(SeveralLevels) {
			b.limits.levels = 4
		}
	}
	config.State.Books.Markets, config.State.Books.Contracts = 8, 16
	b.adjust(&config)
	if b.disk != nil && config.Session.Resume != session.ResumeNone {
		config.State.File, config.State.Files = "state", b.disk
		config.State.SaveEvery = 100 * time.Millisecond
		config.State.DurableIntents = w.schedule.Persist == FileAndIntents
	}
	b.acquire(&config)
	script := b.openJournal(&config)
	made, err := engine.New(config)
	if err != nil {
		b.checks.sent = before // of the last process, for the one that starts
		b.refused(err)
		return
	}
	e := &driver{Engine: made, script: script}
	if script != nil {
		script.config = config
		b.scripts = append(b.scripts, script)
	}
	b.engine, b.room = e, config.State.Orders.Orders
	b.accountLog.begin(made, config.Session.Resume != session.ResumeNone)
	for i := range b.submissions {
		b.submissions[i] = new(submission)
	}
	if e.Recovery().Found {
		w.result.Starts++
		b.checkRecovered(before)
	}
	if b.disk != nil {
		b.disk.onImage = b.imageSaved
		b.imageSaved()
	}
	if err := e.DefineMarket(goals, false); err != nil && !w.schedule.Settings.has(SmallContracts) {
		panic("BUG: " + err.Error())
	}
	b.register()
}

// refused is what follows when a process cannot start: only a disk that fails, or has lied, is a reason.
func (b *bot) refused(err error) {
	var wrong *engine.StateFileError
	switch {
	case b.disk == nil || !errors.As(err, &wrong):
		panic("BUG: " + err.Error())
	case errors.Is(err, errDisk) && b.disk.full:
		b.deadUntil = b.world.now + int64(time.Second)
	case errors.Is(err, engine.ErrStateDamaged) && b.lied:
		b.disk, b.lied = newDisk(b.disk.random), false // as a person would after the message
		b.uncertainFile = true
		b.deadUntil = b.world.now + int64(time.Second)
	default:
		b.world.fail("file", b, "%v", err)
		b.deadUntil = math.MaxInt64
	}
}

// drop releases an engine without a word to the exchange.
func (b *bot) drop() {
	if b.engine != nil {
		_ = b.engine.Close()
		b.engine = nil
	}
}

// kill ends the process at once, and starts it again after a while. With power everything that the disk has not made
// durable may be lost.
func (b *bot) kill(pause time.Duration, power bool) {
	if b.engine == nil {
		return
	}
	b.doomed = 0
	if b.link != nil {
		b.link.cut(b.world.now)
		b.leavesUnknown()
	}
	b.carry()
	old := b.disk
	switch {
	case old == nil:
	case power:
		b.disk = old.crash()
	default:
		b.disk = old.kill()
	}
	b.drop()
	b.deadUntil = b.world.now + int64(pause)
}

// halt throws the bot's kill switch, and ends it after a while.
func (b *bot) halt(pause time.Duration) {
	if b.engine == nil || b.halted {
		return
	}
	b.engine.Halt("a step of the day")
	b.halted, b.haltFor = true, 0
	b.world.after(pause, b.resume)
}

// resume ends a halt as soon as that is allowed.
func (b *bot) resume() {
	if b.engine == nil || !b.halted {
		return
	}
	if b.engine.Resume("a step of the day") == nil {
		b.halted = false
		return
	}
	b.quietOthers()
	b.world.after(time.Second, b.resume)
}

// quietOthers ends the quotes of another session that trades on the account and so keeps a halt from ending.
func (b *bot) quietOthers() {
	if b.world.faulty {
		return
	}
	for _, o := range b.world.bots {
		if o != b && o.account == b.account && o.engine != nil {
			o.pullAll()
		}
	}
}

// pullAll ends all quotes, in the same order on each run.
func (b *bot) pullAll() {
	for _, market := range markets {
		for _, contract := range contracts[market] {
			b.engine.Pull(market, contract)
		}
	}
}

// calm ends what keeps the process from running.
func (b *bot) calm() {
	b.doomed = 0
	b.stoppedUntil, b.slow, b.resolveAt = math.MinInt64, 0, b.world.now+int64(4*time.Minute)
	b.asked = make(map[uint64]bool)
	if b.engine == nil {
		b.deadUntil = b.world.now
	}
	if b.disk != nil {
		b.disk.full, b.disk.lies = false, false
	}
	if b.halted {
		b.resume()
	}
	for _, l := range b.world.links {
		l.partial = false
	}
	// What is refused is tried again each minute: several sides leave no time in which everything counts as quiet if
	// that is long.
	keeps := b.some(drawKeep, 2) != 0 && !b.world.schedule.Settings.has(forgetful|QuickQuotes) &&
		b.world.quiet() == quietFor
	if b.engine != nil && (b.uncertain() && !keeps || b.world.schedule.Settings.has(FewSubscriptions)) {
		b.pullAll() // what they are asked for may be refused for reasons that the bot cannot know
		clear(b.wanted)
	}
}

// due returns when the bot has something to do.
func (b *bot) due() int64 {
	if b.engine == nil {
		return b.deadUntil
	}
	at := b.engine.Deadline()
	if at != math.MinInt64 && at != math.MaxInt64 {
		at -= b.ahead
	}
	if b.writable {
		at = b.world.now
	}
	at = min(at, b.renewDue())
	if b.link != nil {
		at = min(at, b.link.readableAt())
	}
	return max(at, b.stoppedUntil)
}

// run runs the process until it has nothing to do.
func (b *bot) run() {
	w := b.world
	if b.engine == nil {
		if w.now < b.deadUntil {
			return
		}
		if b.start(); b.engine == nil {
			return
		}
	}
	if w.now < b.stoppedUntil {
		return
	}
	for polls := 0; !w.failed(); polls++ {
		if b.due() > w.now {
			return
		}
		if polls > pollsMax {
			w.fail("rest", b, "does not come to rest in %d polls, state %v", pollsMax, b.engine.State())
			return
		}
		b.renew()
		b.writable = false
		requests := b.saved.requests
		if err := b.engine.Poll(); err != nil {
			b.ended(err)
			return
		}
		if b.doomed > 0 && b.saved.requests > requests {
			b.kill(b.doomed, false)
			return
		}
	}
}

// ended notes the end of the engine.
func (b *bot) ended(err error) {
	b.carry()
	if b.fenced(err) {
		return
	}
	if b.checkLeft(err); b.restarting {
		b.restarting, b.engine = false, nil
		return
	}
	if refused := (*session.LogoutError)(nil); errors.As(err, &refused) && b.world.answersLate() &&
		refused.Policy().Retry == session.RetryNever {
		b.engine, b.deadUntil = nil, b.world.now+int64(time.Second)
		return
	}
	if !b.checks.ending || !errors.Is(err, engine.ErrLoggedOut) {
		b.world.fail("end", b, "the engine ended: %v", err)
	}
	b.checks.ended = true
	b.engine = nil
	b.deadUntil = math.MaxInt64
}

// stop stops the engine, which has to end flat.
func (b *bot) stop() {
	if b.engine != nil {
		b.checks.ending = true
		b.engine.Stop()
	}
}

// checkFlat checks that no order is left.
func (b *bot) checkFlat() {
	if truth, _ := b.world.sim.Exchange.Truth(b.account); truth.Live != 0 {
		b.world.fail("flat", b, "%d orders are live after the end", truth.Live)
	}
}

// register registers what checks the engine and what trades.
func (b *bot) register() {
	e, w := b.engine, b.world
	e.OnPayload(b.payload)
	e.OnMessage(func(ev *engine.Event) {
		w.result.Messages++
		b.message(ev)
		if b.slow > 0 {
			w.now += int64(b.slow)
			b.slow = 0
		}
	})
	e.OnSendResolved(b.resolved)
	e.OnSendUnresolved(b.unresolved)
	e.OnState(func(ev *engine.Event) {
		b.digestEvent(ev)
		if late := w.now - w.calmAt - int64(session.ReplayTimeout+time.Second); late > 0 && w.calmAt != 0 &&
			!b.link.exchange.HalfOpen() && errors.Is(ev.Cause, session.ErrReplayTimeout) {
			w.fail("replays", b, "a gap is not filled, %v after a request without faults", time.Duration(late))
		}
	})
	e.OnAccountLost(func(ev *engine.Event) { b.lostAccount(ev); b.distrusts() })
	e.OnAccountGap(b.missing)
	e.OnCaughtUp(func(ev *engine.Event) {
		b.digestEvent(ev)
		b.checks.caughtUp, b.stream.caught = true, true
		if !ev.Complete && ev.Cause != session.ErrUnresolved {
			b.distrusts()
		}
	})
	e.OnAccountReset(func(ev *engine.Event) {
		if !w.renumbered {
			w.fail("account reset", b, "%v, the exchange has not begun to count anew", ev)
		}
		b.sequencesRestarted = true
		clear(b.checks.applied)
		b.accountLog.reset()
		b.distrusts()
	})
	e.OnThrottleExceeded(func(ev *engine.Event) {
		b.digestEvent(ev)
		if b.checks.exceeded++; w.schedule.Settings.has(NoThrottle) || w.schedule.Wild {
			return
		}
		if !w.throttled || b.checks.exceeded > exceededMax {
			w.fail("throttle", b, "exceeded %d times", b.checks.exceeded)
		}
	})
	e.OnOrder(b.orderEvent)
	e.OnSaved(func(err error) {
		if err != nil {
			w.result.Unsaved++
		}
	})
	e.OnFill(func(o *order.Order, f order.Fill) {
		w.result.Fills++
		b.checks.fills[o.ID] += f.Quantity
	})
	e.OnBook(b.book)
	subscribed := false
	e.OnLoggedIn(func(ev *engine.Event) {
		w.result.Logins++
		b.stream.loggedIn(ev.Resumed)
		if !ev.Resumed {
			b.checks.fresh = ev.Epoch
		}
		if subscribed {
			return
		}
		subscribed = true
		for _, market := range markets {
			if b.subscribes(market) {
				b.subscribe(market)
			}
		}
	})
	if w.schedule.Settings.has(Watchdog) {
		if _, err := e.Every(50*time.Millisecond, e.Beat); err != nil {
			panic("BUG: " + err.Error())
		}
	}
	b.period = time.Duration(5+b.random.IntN(100)) * time.Millisecond
	if b.quoting.patient && b.role == Maker {
		b.period *= 50
	}
	if _, err := e.Every(b.period, b.act); err != nil {
		panic("BUG: " + err.Error())
	}
}
