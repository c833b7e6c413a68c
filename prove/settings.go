package prove

import (
	"math/bits"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/odds"
)

// Settings are the settings of a day's bots that differ from the usual ones: small tables and rings, short times,
// limits, other ways to go on after a lost connection.
type Settings uint64

// The settings.
const (
	SmallOrders        Settings = 1 << iota // few orders are kept
	SmallRequests                           // few requests may wait for answers
	SmallContracts                          // few contracts may have orders
	SmallFills                              // few fills are kept one by one
	ShortRetention                          // orders that ended are soon forgotten
	SmallRing                               // little may wait for the socket
	SmallReceive                            // little is read at a time
	FewUnanswered                           // few messages may wait for answers
	GapReconnect                            // an account gap ends the connection
	CancelUnresolved                        // everything is cancelled for a doubt
	MarketUnresolved                        // a market is cancelled for a doubt
	HaltUnresolved                          // the kill switch is thrown for a doubt
	ResumeSessions                          // a lost session is resumed
	ResumeNothing                           // nothing is repeated after a login
	CancelOnFailure                         // the exchange cancels everything if the connection is lost
	NoThrottle                              // the exchange's limits are exceeded
	ShortTimeouts                           // answers and signs of life are soon overdue
	SeveralLevels                           // quotes have several levels on a side
	SmallQuotes                             // few contracts and orders may be quoted
	NoReplace                               // quotes are changed without replaces
	QuickQuotes                             // quotes soon try again, and soon give up
	ShallowBooks                            // books know few levels
	QuickBooks                              // books soon distrust what they know
	SmallBooks                              // few books may be kept
	LimitSizes                              // risk limits of one order
	LimitExposure                           // of what is at stake
	LimitOrders                             // of how many orders there are
	LimitPrices                             // a collar around the book
	LimitCrossing                           // own orders may not cross
	LimitDuplicates                         // an order may not be sent twice
	LimitRate                               // of messages
	LimitLoss                               // of the realised loss
	LimitDrift                              // of differences from the exchange
	LimitMarkets                            // to one market
	Watchdog                                // which halts when the bot does nothing for long
	FewTries                                // the kill switch soon gives up
	FewSubscriptions                        // the bot subscribes to one market, the engine to some others
	IndependentMarkets                      // nobody says which contracts exclude each other
	settingsEnd
)

var settingNames = [...]string{
	"small orders", "small requests", "small contracts", "small fills", "short retention", "small ring",
	"small receive", "few unanswered", "gap reconnect", "cancel unresolved", "market unresolved", "halt unresolved",
	"resume sessions", "resume nothing", "cancel on failure", "no throttle", "short timeouts", "several levels",
	"small quotes", "no replace", "quick quotes", "shallow books", "quick books", "small books", "limit sizes",
	"limit exposure", "limit orders", "limit prices", "limit crossing", "limit duplicates", "limit rate",
	"limit loss", "limit drift", "limit markets", "watchdog", "few tries", "few subscriptions",
	"independent markets",
}

// String names the settings.
func (s Settings) String() string {
	var names []string
	for ; s != 0; s &= s - 1 {
		names = append(names, settingNames[bits.TrailingZeros64(uint64(s))])
	}
	if names == nil {
		return "usual settings"
	}
	return strings.Join(names, ", ")
}

// has reports whether one of some settings is on.
func (s Settings) has(any Settings) bool { return s&any != 0 }

// forgetful are settings under which a bot cannot know everything, however well it does.
const forgetful = SmallOrders | SmallContracts | ShortRetention | ResumeNothing | SmallBooks | FewUnanswered |
	SmallRequests | IndependentMarkets

// drawSettings draws settings: on some days none, on others many.
func drawSettings(r *rand.Rand) (s Settings) {
	rarely := 2 + r.IntN(12)
	if r.IntN(2) == 0 {
		return 0
	}
	for one := Settings(1); one < settingsEnd; one <<= 1 {
		if r.IntN(rarely) == 0 {
			s |= one
		}
	}
	if s.has(ResumeSessions) {
		s &^= ResumeNothing
	}
	return s
}

// What else is drawn with [bot.some].
const (
	drawPatient Settings = settingsEnd << iota
	drawMixed
	drawFocus
	drawHasty
	drawPings
	drawBurst
	drawKeep
)

// some returns a number below n that is different for each kind of setting and bot, and the same after a restart.
func (b *bot) some(of Settings, n int) int {
	r := rand.New(rand.NewPCG(b.world.schedule.Seed^uint64(of), uint64(b.index)))
	return r.IntN(n)
}

// adjust makes a configuration that of the day's settings.
func (b *bot) adjust(c *engine.Config) {
	s := b.world.schedule.Settings
	if s == 0 {
		return
	}
	b.adjustSession(&c.Session, s)
	b.adjustTables(c, s)
	b.adjustRisk(&c.State.Risk, s)
	q := &c.State.Quotes
	if s.has(SeveralLevels) {
		q.Levels = 4
	}
	if s.has(SmallQuotes) {
		q.Contracts, q.Orders = 3, 6+b.some(SmallQuotes, 20)
	}
	q.DisableReplace = s.has(NoReplace)
	if s.has(QuickQuotes) {
		q.RetryMin, q.RetryMax = int64(20*time.Millisecond), int64(200*time.Millisecond)
		q.AttemptsMax, q.GiveUpFor = 2, int64(500*time.Millisecond)
		q.OverdueAfter, q.ResumeAfter = int64(time.Second), int64(100*time.Millisecond)
	}
	switch {
	case s.has(MarketUnresolved):
		c.State.OnUnresolved = engine.CancelUnresolvedMarket
	case s.has(HaltUnresolved):
		c.State.OnUnresolved = engine.HaltUnresolved
	}
	if s.has(ShortTimeouts) {
		c.StopTimeout = 2 * time.Second
	}
	if s.has(FewSubscriptions) {
		c.SubscriptionsMax = 1 + b.some(FewSubscriptions, 3)
	}
}

func (b *bot) adjustSession(c *session.Config, s Settings) {
	if s.has(SmallRing) {
		c.Send.Bytes, c.Send.Records = 16<<10, 16+b.some(SmallRing, 100)
	}
	if s.has(SmallReceive) {
		c.ReceiveBytes = 70 << 10
	}
	if s.has(FewUnanswered) {
		c.UnansweredMax = 1 + b.some(FewUnanswered, 8)
	}
	c.ReconnectOnAccountGap = s.has(GapReconnect)
	c.CancelUnresolved = s.has(CancelUnresolved)
	c.CancelAllOnFailure = s.has(CancelOnFailure)
	c.DisableThrottle = s.has(NoThrottle)
	switch {
	case s.has(ResumeSessions):
		c.Resume = session.ResumeSession
	case s.has(ResumeNothing):
		c.Resume, c.AccountFromStart, c.RequireCaughtUp = session.ResumeNone, false, false
	}
	if s.has(ShortTimeouts) {
		short := time.Duration(1+b.some(ShortTimeouts, 10)) * 100 * time.Millisecond
		c.LoginTimeout, c.LogoutTimeout, c.AnswerTimeout = 4*short, 4*short, short
		c.HeartbeatAfter, c.PeerTimeout, c.ReplayTimeout, c.StaleAfter = short, 4*short, short, short/4
	}
}

func (b *bot) adjustTables(c *engine.Config, s Settings) {
	o, k := &c.State.Orders, &c.State.Books
	if s.has(SmallOrders) {
		o.Orders, o.Retained = 4+b.some(SmallOrders, 40), 4
	}
	if s.has(SmallRequests) {
		o.Requests = 1 + b.some(SmallRequests, 6)
	}
	if s.has(SmallContracts) {
		o.Contracts = 2 + b.some(SmallContracts, 5)
	}
	if s.has(SmallFills) {
		o.Fills = 1 + b.some(SmallFills, 20)
	}
	if s.has(ShortRetention) {
		o.RetainFor = int64(300 * time.Millisecond)
	}
	o.IndependentContracts = s.has(IndependentMarkets)
	if s.has(ShallowBooks) {
		k.Depth = 1 + b.some(ShallowBooks, 3)
		k.DepthMax = k.Depth + b.some(ShallowBooks, 4)
	}
	if s.has(QuickBooks) {
		k.SnapshotTimeout, k.CrossedTimeout = int64(60*time.Millisecond), int64(50*time.Millisecond)
		k.MaxAge, k.Resubscriptions = int64(300*time.Millisecond), 1+b.some(QuickBooks, 3)
	}
	if s.has(SmallBooks) {
		k.Markets, k.Contracts, k.Orders = 2+b.some(SmallBooks, 2), 2+b.some(SmallBooks, 7), 1+b.some(SmallBooks, 20)
	}
}

func (b *bot) adjustRisk(c *risk.Config, s Settings) {
	const unit = 10_000 * 10_000 // the stake of a quantity of 1.00 at 100 %
	if s.has(LimitSizes) {
		c.OrderQuantityMax, c.OrderStakeMax, c.OrderLiabilityMax = 250_000, 10*unit, 12*unit
	}
	if s.has(LimitExposure) {
		c.ContractExposureMax = odds.Money(20+b.some(LimitExposure, 40)) * unit
		c.MarketExposureMax, c.AccountExposureMax = c.ContractExposureMax*3/2, c.ContractExposureMax*2
	}
	if s.has(LimitOrders) {
		c.ContractOrdersMax, c.OrdersMax = 2+b.some(LimitOrders, 6), 4+b.some(LimitOrders, 12)
	}
	if s.has(LimitPrices) {
		c.Collar = risk.Collar{
			Ticks: 5 + b.some(LimitPrices, 50), Fraction: 1 + b.some(LimitPrices, 3000),
			Micro: b.some(LimitPrices, 2) == 0, MaxAge: time.Second,
			OnAbsent:  risk.BookPolicy(b.some(LimitPrices, 2)),
			OnSuspect: risk.BookPolicy(b.some(LimitPrices, 3)), OnEmpty: risk.BookPolicy(b.some(LimitPrices, 2)),
		}
	}
	c.RefuseSelfCross = s.has(LimitCrossing)
	if s.has(LimitDuplicates) {
		c.DuplicateWindow, c.DuplicateOrders = time.Second, 2+b.some(LimitDuplicates, 30)
	}
	if s.has(LimitRate) {
		c.Rate, c.Burst = 5+b.some(LimitRate, 50), 5
	}
	if s.has(LimitLoss) {
		c.LossMax, c.OnLoss = odds.Money(1+b.some(LimitLoss, 20))*unit, risk.Response(b.some(LimitLoss, 3))
	}
	if s.has(LimitDrift) {
		c.DriftMax, c.OnDrift = 1, risk.Response(b.some(LimitDrift, 3))
	}
	if s.has(LimitMarkets) {
		c.Markets = []uint32{markets[b.some(LimitMarkets, len(markets))]}
	}
	if s.has(Watchdog) {
		c.Watchdog = time.Duration(100+b.some(Watchdog, 2000)) * time.Millisecond
	}
	if s.has(FewTries) {
		c.CancelAllTries, c.CancelAllRetry = 1, 50*time.Millisecond
	}
}
