package screen

import (
	"fmt"
	"strings"

	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/journal"
)

// observer is told what the model's replica finds.
type observer struct{ m *Model }

// Began begins a run.
func (o observer) Began(r *journal.Record, again bool) { o.m.start(r, again) }

// Payload counts a payload.
func (o observer) Payload(r *journal.Record) {
	f := &o.m.facts
	if r.Kind == journal.KindInbound {
		f.strip.In++
		f.second.In++
	} else {
		f.strip.Out++
		f.second.Out++
	}
}

// Garbled says what is not understood.
func (o observer) Garbled(_ *journal.Record, text string) {
	o.m.line(KindEngine, levelWarn, printable(text))
}

// LoginSent follows a login.
func (o observer) LoginSent(*journal.Record) {
	f := &o.m.facts
	f.strip.Session, f.strip.Since = "login sent", f.at
}

// LoggedIn follows the answer of a login.
func (o observer) LoggedIn(r *journal.Record) {
	f := &o.m.facts
	f.strip.Session, f.strip.Connected, f.strip.Since = "established", true, f.at
	f.bucket.begin(r.At)
}

// Sent follows a request.
func (o observer) Sent(r *journal.Record, k *msg.Keys) {
	switch k.Type {
	case msg.PayloadMarketSubscribe, msg.PayloadMarketUnsubscribe, msg.PayloadPriceFeedSubscribe,
		msg.PayloadPriceFeedUnsubscribe:
		return
	}
	f := &o.m.facts
	f.bucket.take(r.At)
	f.latency.sent(k.Type, k.Reference, r.At, f.lastInbound)
}

// Received follows a message before it is applied.
func (o observer) Received(r *journal.Record, p *msg.Payload) {
	m, f := o.m, &o.m.facts
	f.lastInbound = r.At
	switch p.GetType() {
	case msg.PayloadEto:
		m.sessionMessage(p.GetEtoPayload())
		return
	case msg.PayloadContractQuotes, msg.PayloadMarketQuotes:
		return
	case msg.PayloadMarketState:
		m.marketState(p.GetMarketState())
	case msg.PayloadThrottleLimitsChanged:
		l := p.GetThrottleLimitsChanged()
		f.bucket.change(r.At, l.GetAverageRatePs(), l.GetBurstSize(), l.GetTickMs())
		m.line(KindSession, "", fmt.Sprintf("throttle: %d a second, burst %d", l.GetAverageRatePs(), l.GetBurstSize()))
	case msg.PayloadRunningballNotification:
		b := p.GetRunningballNotification()
		m.line(KindMarket, "", printable(fmt.Sprintf("match: %d - %d, %s", b.GetScoreHome(), b.GetScoreAway(),
			b.GetDetails())))
	}
	f.latency.answered(p, r.At)
}

// Applied follows what was traded, and says which quotes are refused.
func (o observer) Applied(_ *journal.Record, p *msg.Payload, err error) {
	switch p.GetType() {
	case msg.PayloadContractQuotes, msg.PayloadMarketQuotes:
		if err != nil {
			o.m.refused(err)
		} else if p.GetType() == msg.PayloadContractQuotes {
			o.m.traded(p.GetContractQuotes())
		}
	}
}

// OrderEvent follows what orders found out.
func (o observer) OrderEvent(ev *order.Event) { o.m.orderEvent(ev) }

// Log follows a line of the engine's log.
func (o observer) Log(r *journal.Record, line map[string]string) { o.m.log(r, line) }

// sessionMessage follows a message of the session.
func (m *Model) sessionMessage(eto *msg.EtoPayload) {
	switch eto.GetType() {
	case msg.EtoPayloadLogout:
		reason := strings.TrimPrefix(eto.GetLogout().GetReason().String(), "LOGOUT_")
		m.line(KindSession, levelWarn, "the exchange logs out: "+strings.ToLower(reason))
	case msg.EtoPayloadThrottleExceeded:
		m.line(KindSession, levelWarn, "the exchange's throttle was exceeded")
	}
}
