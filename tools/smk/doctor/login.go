package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
)

// pings is how many round trips are measured, one after another.
const pings = 5

// retryNever is longer than any login: the doctor does not try again.
const retryNever = 24 * time.Hour

// visit is a login of the doctor's. The engine's loop only.
type visit struct {
	*engine.Engine
	timeout time.Duration
	market  uint32
	offset  *offset // nil without a market

	sent       int64 // clock reading of the login
	answered   int64 // and of its answer; 0 before
	roundTrips []time.Duration
	throttle   *throttle
	leaving    bool  // Stop was called because everything was measured, or took too long
	cause      error // why the connection ended before that
	failure    error // why something could not be sent
}

// throttle is what the exchange reported.
type throttle struct{ rate, burst, tick uint32 }

// login logs in, measures, and logs out, with the production code and nothing else: no order leaves, none is cancelled,
// whatever the bot's settings say.
func (d *doctor) login(ctx context.Context) {
	if !d.hasCredentials() {
		d.skip("there are no credentials", nameLogin, namePing, nameThrottle, nameLogout)
		return
	}
	e, err := engine.New(d.harmless())
	if err != nil {
		c := ok(nameLogin, "not possible with these settings: %v", err)
		d.report.add(c.fail("Correct the setting that is named."))
		d.skip("there is no login", namePing, nameThrottle, nameLogout)
		return
	}
	v := &visit{Engine: e, timeout: d.Timeout, market: d.Market}
	if v.market != 0 {
		v.offset = newOffset()
		e.OnMarketQuotes(v.offset.snapshot)
		e.OnContractQuotes(v.traded)
	}
	e.OnState(v.state)
	e.OnLoggedIn(v.loggedIn)
	e.OnPong(v.pong)
	e.OnThrottleLimitsChanged(v.limits)
	ended := e.Run(ctx)
	if v.answered == 0 {
		if v.cause == nil {
			v.cause = ended
		}
		c := ok(nameLogin, "")
		c.Measured, c.Do = d.explainLogin(v.cause)
		d.report.add(c.fail(c.Do))
		d.skip("there is no login", namePing, nameThrottle, nameLogout)
		return
	}
	took := time.Duration(v.answered - v.sent)
	c := ok(nameLogin, "logged in within %v, no orders sent", rounded(took))
	c.value("login_seconds", took.Seconds())
	d.report.add(c)
	d.offset = v.offset
	d.report.add(d.pinged(v))
	d.report.add(d.throttled(v))
	d.report.add(d.loggedOut(v, ended))
}

// harmless returns the settings of the doctor's own login: those of the bot that a login needs.
func (d *doctor) harmless() engine.Config {
	bot := &d.engine
	return engine.Config{
		Address: bot.Address, DisableTLS: bot.DisableTLS, TLS: bot.TLS, Dial: d.Network.Dial,
		DialTimeout: d.Timeout, SendTimeout: d.Timeout, StopTimeout: d.Timeout,
		ReconnectBackoff: []time.Duration{retryNever},
		OnStop:           engine.StopLeave, DisableRestore: true, DisableReferences: true,
		State: engine.StateConfig{Disable: true},
		Session: session.Config{
			Username: bot.Session.Username, Password: bot.Session.Password, Token: bot.Session.Token,
			Resume: session.ResumeNone, LoginTimeout: d.Timeout, LogoutTimeout: d.Timeout,
			Limits: bot.Session.Limits,
		},
	}
}

// state follows the connection: what ended it is kept, and it is not opened again.
func (v *visit) state(ev *engine.Event) {
	switch ev.State {
	case session.LoginSent:
		v.sent = ev.Received
	case session.Disconnected:
		if !v.leaving && v.cause == nil {
			v.cause = ev.Cause
		}
		v.Stop()
	}
}

func (v *visit) loggedIn(ev *engine.Event) {
	v.answered = ev.Received
	if _, err := v.After(v.timeout, v.leave); err != nil {
		v.failure = err
		v.leave()
		return
	}
	if v.market != 0 {
		var m msg.MarketSubscribe
		m.SetMarketId(v.market)
		if _, err := v.SendMarketSubscribe(&m); err != nil {
			v.failure = err
		}
	}
	v.ping()
}

// traded follows the market.
func (v *visit) traded(ev *engine.Event, m *msg.ContractQuotes) {
	v.offset.change(ev, m)
	v.leaveIfDone()
}

// leaveIfDone logs out when everything is measured.
func (v *visit) leaveIfDone() {
	if len(v.roundTrips) == pings && (v.offset == nil || v.offset.live >= executionsWanted) {
		v.leave()
	}
}

func (v *visit) ping() {
	if _, err := v.Ping(); err != nil {
		v.failure = err
		v.leave()
	}
}

func (v *visit) pong(ev *engine.Event) {
	if ev.Ping == 0 || v.leaving {
		return // it answers nothing
	}
	if v.roundTrips = append(v.roundTrips, time.Duration(ev.RoundTrip)); len(v.roundTrips) == pings {
		v.leaveIfDone()
		return
	}
	v.ping()
}

func (v *visit) limits(_ *engine.Event, m *msg.ThrottleLimitsChanged) {
	v.throttle = &throttle{m.GetAverageRatePs(), m.GetBurstSize(), m.GetTickMs()}
}

// leave logs out.
func (v *visit) leave() {
	v.leaving = true
	v.Stop()
}

// pinged reports the round trips.
func (d *doctor) pinged(v *visit) Check {
	c := ok(namePing, "")
	n := len(v.roundTrips)
	c.value("pongs", float64(n))
	if n == 0 {
		switch {
		case v.failure != nil:
			c.Measured = "no ping could be sent: " + v.failure.Error()
		case v.cause != nil:
			c.Measured = fmt.Sprintf("the connection ended before a pong: %q", v.cause)
		default:
			c.Measured = fmt.Sprintf("no pong within %v", d.Timeout)
		}
		return c.fail("Ask whoever runs the peer: an exchange answers pings, and a session without answers ends.")
	}
	slices.Sort(v.roundTrips)
	median := v.roundTrips[n/2]
	d.roundTrip = median
	c.value("median_seconds", median.Seconds())
	c.value("min_seconds", v.roundTrips[0].Seconds())
	c.value("max_seconds", v.roundTrips[n-1].Seconds())
	c.Measured = fmt.Sprintf("median round trip of %d is %v, %v to %v", n, rounded(median), rounded(v.roundTrips[0]),
		rounded(v.roundTrips[n-1]))
	if n < pings {
		c.Measured = fmt.Sprintf("%d of %d pongs within %v; %s", n, pings, d.Timeout, c.Measured)
		return c.warn("Try again, and with a longer --timeout: pongs that are lost end a session.")
	}
	return c
}

// throttled reports the limits of the exchange, and whether the bot's own are within them.
func (d *doctor) throttled(v *visit) Check {
	t := v.throttle
	if t == nil {
		c := ok(nameThrottle, "the exchange reported no limits")
		return c.warn("Expect the engine to send slowly, 100 messages a second, until the exchange reports its limits.")
	}
	c := ok(nameThrottle, "%d messages a second on average, burst %d, tick %d ms", t.rate, t.burst, t.tick)
	c.value("rate_per_second", float64(t.rate))
	c.value("burst", float64(t.burst))
	c.value("tick_ms", float64(t.tick))
	switch own := d.engine.State.Risk.Rate; {
	case t.rate == 0 || t.burst == 0:
		return c.fail("Ask the exchange to raise the account's limits: no order can be sent with these.")
	case own > int(t.rate):
		c.Measured += fmt.Sprintf("; risk.rate is %d", own)
		return c.warn("Lower risk.rate to what the exchange allows: it limits nothing as it is.")
	}
	return c
}

// loggedOut reports whether the exchange confirmed the logout.
func (d *doctor) loggedOut(v *visit, ended error) Check {
	c := ok(nameLogout, "confirmed")
	switch {
	case ended == nil:
		return c
	case v.cause != nil:
		c.Measured = fmt.Sprintf("the connection ended before it: %q", v.cause)
		_, do := d.explainLogin(v.cause)
		return c.fail(do)
	}
	c.Measured = "not confirmed by the exchange"
	return c.warn("Expect the exchange to keep the session for a while; try again with a longer --timeout.")
}

// explainLogin returns why a login failed, and what to do.
func (d *doctor) explainLogin(err error) (measured, do string) {
	var logout *session.LogoutError
	var protocol *session.ProtocolError
	var dial *engine.DialError
	switch {
	case errors.As(err, &logout):
		return explainLogout(logout.Reason)
	case errors.As(err, &protocol):
		return fmt.Sprintf("the peer does not speak the protocol: %q", protocol.Err),
			"Check the port of engine.address: something answers that is not the exchange, or TLS is off (plain) at " +
				"a port that has it."
	case errors.As(err, &dial):
		return fmt.Sprintf("connected before, but not now: %q", dial.Err),
			"Try again; if it stays so, the peer, or a proxy, allows few connections."
	case errors.Is(err, session.ErrLoginTimeout):
		return fmt.Sprintf("the peer is silent: no answer to the login within %v", d.Timeout),
			"Check the port of engine.address, and whether a proxy in between forwards anything; " +
				"a longer --timeout rules out slowness."
	case isAlert(err):
		return fmt.Sprintf("the peer ended TLS: %q", err),
			"If it is about a certificate, set tls.certificate_file and tls.key_file: the peer demands a client's."
	case closedByPeer(err) && d.engine.DisableTLS:
		return "the peer closed the connection and did not answer the login",
			"Leave out --plain and engine.plain if the port speaks TLS; if it does not, the peer's log says why it " +
				"closed."
	case closedByPeer(err):
		return "the peer closed the connection and did not answer the login",
			"Check the port of engine.address; if it is right, the peer's log says why it closed."
	}
	return fmt.Sprintf("the connection ended: %q", err), "Try again; if it stays so, the peer's log says why."
}

// explainLogout returns why the exchange refused a login or ended the session, and what to do.
func explainLogout(reason msg.EtoLogoutReason) (measured, do string) {
	switch reason {
	case msg.EtoLogoutUnauthorised:
		return "refused: username, password or token are wrong",
			"Correct session.username and session.password, or session.token, before you try again: repeated " +
				"failures may lock the account. A token ends with its HTTP session."
	case msg.EtoLogoutUnverified:
		return "refused: the account is not verified", "Have the account's owner verify it with the exchange."
	case msg.EtoLogoutDowntime:
		return "refused: the exchange is down for maintenance", "Wait until it is over; a bot tries again by itself."
	case msg.EtoLogoutServiceTemporarilyUnavailable:
		return "refused: the exchange cannot serve logins now", "Wait and try again; a bot does so by itself."
	case msg.EtoLogoutLoginTimeout:
		return "refused: the login arrived too late", "Find out what delays this machine or its network."
	case msg.EtoLogoutLoginNotFirstSeq, msg.EtoLogoutUnknownSession:
		return fmt.Sprintf("refused: %v", reason), "Report this: a fresh login must not be refused so."
	case msg.EtoLogoutHeartbeatTimeout:
		return "logged out: the exchange received nothing", "Find out what delays this machine or its network."
	}
	return fmt.Sprintf("refused: %v", reason), "Ask the exchange what the reason means."
}
