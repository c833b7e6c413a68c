package exchange

import "github.com/smk-go/smk/gen/msg"

// Notification is the state of a football match.
type Notification struct {
	State                msg.RunningballState
	Details              string
	Period               msg.RunningballPeriod // 0 means none
	Playtime             uint32                // game clock in milliseconds
	ScoreHome, ScoreAway uint32
}

// Runningball sends an event's subscribers the state of the match. While that is DANGER or ALERT,
// provisional fills of the event's markets are not confirmed. The error is a [*CommandError].
func (x *Exchange) Runningball(id uint32, n Notification) error {
	e := x.byEvent[id]
	if e == nil {
		return commandErrorf("there is no event %d", id)
	}
	if !n.State.Known() {
		return commandErrorf("%v is not a state of a match", n.State)
	}
	e.state = n.State
	m := &x.buf.runningball
	m.Reset()
	m.SetEventId(id)
	m.SetState(n.State)
	m.SetDetailsString(n.Details)
	if n.Period != 0 {
		m.SetPeriod(n.Period)
	}
	m.SetPlaytime(n.Playtime)
	m.SetScoreHome(n.ScoreHome)
	m.SetScoreAway(n.ScoreAway)
	for _, l := range e.subscribers {
		l.sink.Publish(m)
	}
	x.confirmDue()
	return nil
}

// SubscribeEvent subscribes to an event's notifications. There is no answer, nor an error for an unknown
// event.
func (l *Login) SubscribeEvent(id uint32) {
	e := l.exchange.byEvent[id]
	if e == nil || l.sink == nil {
		return
	}
	for _, other := range l.events {
		if other == e {
			return
		}
	}
	l.events = append(l.events, e)
	e.subscribers = append(e.subscribers, l)
}

// UnsubscribeEvent ends the subscription.
func (l *Login) UnsubscribeEvent(id uint32) {
	if e := l.exchange.byEvent[id]; e != nil {
		l.events = remove(l.events, e)
		e.subscribers = remove(e.subscribers, l)
	}
}

// SetManaged makes a market managed or unmanaged and publishes that. While a managed market is live, its
// fills are provisional for timeout nanoseconds. The error is a [*CommandError].
func (x *Exchange) SetManaged(id uint32, managed bool, timeout int64) error {
	m, err := x.openMarket(id)
	if err != nil {
		return err
	}
	if managed && (timeout <= 0 || timeout >= 1000*second) {
		return commandErrorf("a timeout of %d ns is not between 0 and 1000 s", timeout)
	}
	m.managed = managed
	if managed {
		m.config.PendingTimeout = timeout
	}
	x.fillManaged(m)
	x.broadcast(m, &x.buf.managed)
	return nil
}
