package engine

import (
	"log/slog"
	"math"
	"os"
	"time"

	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/internal/ownbook"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// StateConfig are the settings of the trading state: orders and money, books, risk checks and quotes.
type StateConfig struct {
	// Disable keeps no state, and nothing is paid for it: methods that ask for it, such as [Engine.Place] and
	// [Engine.Halt], return ErrNoState, those without an error, such as [Engine.Position], zero values, and
	// [Engine.Completeness] that as its cause. What would silently have no effect is refused: other settings of
	// StateConfig by New, but for those that switch something off, and handlers of OnOrder, OnFill, OnBook and their
	// like by Run. The zero values of all settings keep all of it with the defaults of each package, which limit
	// nothing; memory for it, about 30 MB, is claimed by New. It has to be set with Config.DisableReferences.
	Disable bool

	Orders order.Config
	Books  book.Config // Orders, 0 means for all that there may be: with fewer, books without own orders have some
	Risk   risk.Config
	Quotes quote.Config

	// File, if not "", is where the state is kept, so that a bot that starts again knows its orders, positions and
	// money, whatever ended it; see [Recovery]. Beside it there are File.lock, File.tmp, File.log0 and File.log1.
	// Account, "" means Session.Username, names the account in it: only a hash of that and of Address is stored, and
	// a file of another account or exchange is refused. It sets Session.AccountFromStart. Of a symbolic link it is the
	// file that the link leads to.
	File    string
	Account string

	// SaveEvery is how often File is written, off the loop, if something has changed; 0 means a second. The
	// writer has a copy of all orders, which claims as much memory again; the loop copies for it what it applies. With
	// Config.Clock the loop writes it.
	SaveEvery time.Duration

	// DurableIntents makes each request about an order durable before it leaves: one sync of the disk for all that
	// are written to the socket together, for which the loop waits. A process that is killed then forgets nothing.
	// Without it a request that left after the last image and that the exchange did not accept is forgotten, and
	// one that it did accept is known again, by its reference, from the account's messages.
	DurableIntents bool

	// OnSaveFailed is what follows while File cannot be written.
	OnSaveFailed SaveFailurePolicy

	// Files is the file system that File is in; nil means the system's. It is for tests of what a disk can do to it.
	Files FileSystem

	// HandleReplayed calls OnOrder's and OnFill's handlers also for what the exchange repeats after a login.
	// The state is up to date in any case.
	HandleReplayed bool

	// HaltSignals are signals of the operating system that throw the kill switch, from New to the end of the engine:
	// syscall.SIGUSR1 for example. They do nothing else to the process meanwhile.
	HaltSignals []os.Signal

	// HaltFile is the path of a file that throws the kill switch when it appears, and if it is there at New. A file or
	// directory that cannot be read within 5 s does so too. It is checked in New, and then by a goroutine every
	// HaltFilePeriod up to the end of the engine; 0 means the constant of the same name. While it is there
	// [Engine.Resume] returns ErrHaltFile.
	HaltFile       string
	HaltFilePeriod time.Duration

	// HaltIncomplete are the causes for which positions and money are not complete that throw the kill switch when they
	// come up: order.MessagesLost|order.SequenceReset|order.Overflowed, for example, after which a bot trades by
	// positions that may be wrong. The zero value reports them only; see [Engine.Completeness]. order.NotCaughtUp,
	// which comes with each lost connection, is none of them.
	HaltIncomplete order.Why

	// OnUnresolved is what follows an order that stays in doubt after a login.
	OnUnresolved UnresolvedPolicy

	// DoubtTimeout is after how long the silence of the account's messages ends the doubt about a request: if the
	// account has been caught up with for that long, nothing of its messages is missing, and none of them has a trace
	// of a request that was sent as long ago, it was not carried out. That is long enough for the exchange to have
	// given up the connection that the request was sent on. 0 means the constant of the same name; negative values
	// leave doubts to messages and [Engine.ResolveOrder].
	DoubtTimeout time.Duration

	// DisableQuoteCancelAll keeps quotes from cancelling all orders of a market, which is how they end the doubt about
	// an order of theirs that nothing names. Its side of the quote then stays blocked until [Engine.ResolveOrder].
	DisableQuoteCancelAll bool

	// DisableFollow leaves it to the bot to subscribe to every market in which the account has orders or a position, or
	// that it quotes.
	// Otherwise the engine subscribes by itself to those that the bot has not subscribed to, after each login and when
	// one is new, because nothing else says that they are settled, and ends that when nothing is left in them. Such
	// subscriptions count for SubscriptionsMax and give way to the bot's. Those of the bot are not touched.
	DisableFollow bool
}

// UnresolvedPolicy says what follows a message in doubt that the exchange's messages will not resolve any more.
type UnresolvedPolicy uint8

// The policies.
const (
	ReportUnresolved       UnresolvedPolicy = iota // OnSendUnresolved's and OnOrder's handlers are called
	CancelUnresolvedMarket                         // all orders of its market are cancelled
	HaltUnresolved                                 // the kill switch is thrown

	unresolvedPolicies
)

// trading is the trading state of an engine, and what of it waits to be handled. The loop only.
type trading struct {
	config StateConfig
	orders *order.Manager // persist notes what changes them
	books  *book.Books
	risk   *risk.Gate
	quotes *quote.Quoter

	persist   *persist // nil if nothing is kept on disk
	halts     halts
	driftPing driftPing
	bookWalk  bookWalk
	handlers  tradingHandlers
	events    tradingEvents
	recent    recentRequests
	replaces  unresolvedReplaces
	totals    totals
	follow    follower
	heal      []uint32 // markets to subscribe to again
	due       int64    // clock reading at which tick has something to do
	levels    bool     // levels of books have changed since the last tick, and nothing else

	create  msg.OrderCreate // reused by what the engine sends
	cancel  msg.OrderCancel
	reduce  msg.OrderQuantityReduce
	replace msg.OrderCancelReplace
	all     msg.OrderCancelAll

	subscribe   msg.MarketSubscribe
	unsubscribe msg.MarketUnsubscribe

	snapshot    risk.Snapshot
	retryQuotes int64  // clock reading
	caughtUpAt  int64  // clock reading; 0 while the account is not caught up with
	doubtDue    int64  // clock reading of the next look for overdue doubts
	gapfills    uint64 // of the session, when the gap was found
	realised    odds.Money
	changed     bool // the orders, which the risk checks count
	quoting     bool // the bot has wanted quotes
	reconcile   bool // quotes may have something to do
	gap         bool // messages of the session are missing
	stepping    bool // quotes are being sent
	healing     bool // a subscription is renewed for the books, not for the bot
}

// fitBooks makes room in the books for every order and every subscription that there may be, where the settings leave
// that open. A book without own orders must lack none of them, nor of those that replaces would make which have no
// answer, or are unresolved.
func (c *StateConfig) fitBooks(orders *order.Manager, subscriptions int) {
	b := &c.Books
	if b.Orders == 0 {
		b.Orders = orders.OrdersMax() + 2*orders.RequestsMax()
	}
	if b.Markets == 0 {
		b.Markets = max(subscriptions, 1)
	}
	if b.Contracts == 0 {
		b.Contracts = max(contractsPerMarket*b.Markets, book.ContractsDefault)
	}
}

// contractsPerMarket is how many contracts markets have, on average, for which there is room.
const contractsPerMarket = 3

// newTrading claims the memory of the trading state.
func newTrading(config *Config) (*trading, error) {
	c := config.State
	if c.DoubtTimeout == 0 {
		c.DoubtTimeout = DoubtTimeout
	}
	if c.DoubtTimeout > durationMax {
		return nil, &ConfigError{"State.DoubtTimeout", "must be at most " + durationMax.String()}
	}
	if c.OnUnresolved >= unresolvedPolicies {
		return nil, &ConfigError{"State.OnUnresolved", "is not an UnresolvedPolicy"}
	}
	if config.DisableReferences {
		return nil, &ConfigError{"State.Disable", "must be set with DisableReferences: orders could not be named"}
	}
	t := &trading{config: c, due: math.MaxInt64, doubtDue: math.MaxInt64, retryQuotes: math.MaxInt64}
	t.events.init()
	t.halts.beats.period, t.halts.retryAt = int64(c.Risk.Watchdog), never
	t.driftPing.retryAt = never
	var err error
	if t.orders, err = order.New(c.Orders); err != nil {
		return nil, err
	}
	t.replaces = newUnresolvedReplaces(t.orders.RequestsMax())
	t.config.fitBooks(t.orders, config.SubscriptionsMax)
	if t.books, err = book.New(t.config.Books); err != nil {
		return nil, err
	}
	if t.risk, err = risk.New(c.Risk); err != nil {
		return nil, err
	}
	if t.quotes, err = quote.New(c.Quotes); err != nil {
		return nil, err
	}
	t.follow = newFollower(config)
	t.quotes.Hold(quote.NotCaughtUp, true)
	return t, nil
}

// admit asks orders and risk whether an order-entry message may be sent.
func (t *trading) admit(now int64, keys *msg.Keys) error {
	if err := t.orders.Admit(keys); err != nil {
		return err
	}
	needs := t.risk.Needs(keys.Type)
	t.fillSnapshot(now, keys, needs)
	err := t.risk.Admit(now, keys, &t.snapshot)
	if err != nil {
		t.due = 0 // a refusal may have thrown the kill switch
	}
	return err
}

// fillSnapshot fills in the parts of the snapshot that a request is judged by.
func (t *trading) fillSnapshot(now int64, keys *msg.Keys, needs risk.Parts) {
	s := &t.snapshot
	if needs == 0 {
		s.Known = 0
		return
	}
	*s = risk.Snapshot{}
	s.Known = needs
	market, contract, side := keys.Market, keys.Contract, odds.Side(keys.Side)
	var original *order.Order
	if keys.Type == msg.PayloadOrderCancelReplace {
		if original = t.orders.ByID(keys.OrderID); original == nil {
			s.Known = 0
			return
		}
		market, contract, side = original.Market, original.Contract, original.Side
		s.Original = risk.Original{
			Market: market, Contract: contract, Side: side, Executed: original.Executed,
		}
	}
	if needs&risk.PartBook != 0 {
		s.Book = t.touch(now, market, contract)
	}
	if needs&(risk.PartOwn|risk.PartOrders) != 0 {
		s.Own.Bid, s.Own.Offer, s.ContractOrders = t.orders.BestLive(market, contract)
		if t.quoting { // what replaces on their way would make, too
			at := quote.Contract{Market: market, ID: contract}
			s.Own.Bid = max(s.Own.Bid, t.quotes.Best(at, odds.Buy))
			if p := t.quotes.Best(at, odds.Sell); p != 0 && (s.Own.Offer == 0 || p < s.Own.Offer) {
				s.Own.Offer = p
			}
		}
		s.Orders = t.orders.LiveCount()
	}
	s.Profit = t.orders.Realised()
	if needs&(risk.PartContract|risk.PartMarket|risk.PartAccount) != 0 {
		r := exposed{market: market, contract: contract, side: side, original: original}
		r.price, r.quantity = odds.Price(min(keys.Price, math.MaxUint16)), odds.Quantity(min(keys.Quantity,
			math.MaxInt64))
		t.exposures(s, &r)
	}
}

// microUnit is one odds.Price in the unit of the books' micro price.
const microUnit = 10_000

// touch returns a contract's book as the risk checks take it, without own orders.
func (t *trading) touch(now int64, market, contract uint32) (b risk.Book) {
	is, ok := t.books.Touch(market, contract)
	if !ok {
		return b
	}
	switch is.State {
	case book.Live:
		b.State = risk.BookLive
	case book.Suspect:
		b.State = risk.BookSuspect
	default:
		return b
	}
	b.Age, b.Bid, b.Offer = time.Duration(now-is.Updated), is.Bid, is.Offer
	if t.config.Risk.Collar.Micro {
		c, _ := t.books.Contract(market, contract)
		micro, _ := c.WithoutOwn().Micro()
		b.Micro = odds.Price((micro + microUnit/2) / microUnit)
	}
	return b
}

// recordSent records a message that left, with the reference that it went with.
func (e *Engine) recordSent(keys *msg.Keys, seq uint64) {
	t := e.trading
	switch keys.Type {
	case msg.PayloadMarketSubscribe, msg.PayloadMarketUnsubscribe, msg.PayloadPriceFeedSubscribe,
		msg.PayloadPriceFeedUnsubscribe:
		e.recordSubscription(keys)
		return
	case msg.PayloadOrderCreate, msg.PayloadOrderCancel, msg.PayloadOrderCancelAll, msg.PayloadOrderQuantityReduce,
		msg.PayloadOrderCancelReplace:
	default:
		return
	}
	k := *keys
	k.Reference, _ = e.session.Reference(seq)
	_ = t.orders.Sent(&k, seq, e.now) // admit asked for room
	if u, ok := t.orders.Untracked(); ok {
		e.decided(DecisionUntracked, int(u.Keys.Type), u.Keys.Reference, u.Seq)
	}
	if t.persist != nil {
		t.persist.noteSent(&k, seq, e.now)
		e.noteIntent(&k, seq)
	}
	t.risk.Sent(e.now, &k)
	t.changed, t.reconcile = true, t.reconcile || t.quoting && !t.stepping
	if k.Type == msg.PayloadOrderCancelAll {
		t.quotes.Clearing(k.Market, k.Reference, e.now)
		if k.Market == 0 {
			t.risk.CancelAllSent(e.now, seq)
		}
		return
	}
	if k.Type == msg.PayloadOrderCreate {
		if o := t.orders.ByReference(k.Reference); o != nil {
			_ = t.books.OwnAdded(ownbook.Own(o, 0))
			t.quoteSent(o)
		}
		return
	}
	o := t.orders.ByID(k.OrderID)
	if o == nil {
		return
	}
	t.recent.add(recentRequest{
		reference: k.Reference, order: o.ID, key: ownbook.Key(o),
		quantity: odds.Quantity(min(k.Quantity, math.MaxInt64)), market: o.Market,
	})
	switch k.Type {
	case msg.PayloadOrderCancelReplace:
		// The exchange refuses to replace an order that has ended: nothing of it will be in the book.
		if k.Price <= uint32(odds.PriceMax) && !o.State.Terminal() {
			_ = t.books.OwnAdded(book.Own{
				ID: k.Reference, Market: o.Market, Contract: o.Contract, Side: o.Side, Price: odds.Price(k.Price),
				Open:    max(odds.Quantity(min(k.Quantity, uint64(order.QuantityMax)))-o.Executed, 0),
				Pending: true, Replaces: ownbook.Key(o),
			})
			t.quoteReplace(o, &k)
		}
	case msg.PayloadOrderQuantityReduce:
		_ = t.books.OwnReducing(ownbook.Key(o), o.Overlay&order.PendingReduce != 0)
	}
	t.quoteSent(o)
}

// recordSubscription records that subscriptions to books changed.
func (e *Engine) recordSubscription(keys *msg.Keys) {
	t := e.trading
	t.botSubscribed(keys)
	switch {
	case keys.Type == msg.PayloadMarketSubscribe:
		if err := t.books.Subscribed(keys.Market, e.now); err != nil {
			const text = "a market that is subscribed to has no book"
			e.log.push(record{at: e.now, level: slog.LevelWarn, text: text, err: err})
			// Without room its books are absent, and nothing would say that quotes have to be pulled.
			_ = t.quotes.HoldMarket(keys.Market, quote.SuspectBook, true)
			t.reconcile = t.quoting
		}
	case keys.Type == msg.PayloadMarketUnsubscribe && t.healing:
		return
	case keys.Type == msg.PayloadMarketUnsubscribe:
		t.releaseContracts(keys.Market)
		t.books.Unsubscribed(keys.Market, e.now)
	default:
		t.books.PriceFeed(keys.Type == msg.PayloadPriceFeedSubscribe, e.now)
	}
	e.bookEvents(t.books.Events())
	t.due = 0
}

// countOrders tells the risk checks how many orders may trade.
func (t *trading) countOrders(now int64) {
	inDoubt := t.orders.InDoubtCount()
	t.risk.Orders(now, risk.OpenOrders{
		Open: t.orders.LiveCount() - inDoubt, InDoubt: inDoubt, Complete: t.orders.Completeness().Complete,
	})
	t.changed = false
}

// recentRequestsMax is how many cancels, reduces and replaces are remembered; most are answered after a few others.
const recentRequestsMax = 256

// recentRequest is what a request asked for, which the order that it is about does not say.
type recentRequest struct {
	reference uint64
	order     uint64 // id of the order that it is about
	key       uint64 // of that order
	quantity  odds.Quantity
	market    uint32
}

// recentRequests are the newest requests about orders.
type recentRequests struct {
	list [recentRequestsMax]recentRequest
	next int
}

func (r *recentRequests) add(q recentRequest) {
	r.list[r.next] = q
	r.next = (r.next + 1) % recentRequestsMax
}

// quantity returns what the newest request about an order asks for, or otherwise another quantity.
func (r *recentRequests) quantity(key uint64, otherwise odds.Quantity) odds.Quantity {
	for n := range recentRequestsMax {
		if q := &r.list[(r.next+recentRequestsMax-1-n)%recentRequestsMax]; q.key == key {
			return q.quantity
		}
	}
	return otherwise
}

// find returns the request with a reference, nil if it is not remembered.
func (r *recentRequests) find(reference uint64) *recentRequest {
	for i := range r.list {
		if r.list[i].reference == reference && reference != 0 {
			return &r.list[i]
		}
	}
	return nil
}

// fateOf is a session's fate as orders take it; the numbers are the same.
func fateOf(f session.Fate) order.Fate { return order.Fate(f) }
