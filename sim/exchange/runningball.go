package exchange

import "github.com/smk-go/smk/gen/msg"

// Notification says how a football match stands.
type Notification struct {
	State                msg.RunningballState
	Details              string
	Period               msg.RunningballPeriod // 0 means not said
	Playtime             uint32                // game clock in milliseconds; 45 minutes at the pause
	ScoreHome, ScoreAway uint32
}

// Runningball tells an event's subscribers how it stands. While the state is
// DANGER or ALERT, provisional fills of the event's markets are not confirmed.
func (x *Exchange) Runningball(id uint32, n Notification) error {
	e := x.byEvent[id]
	if e == nil {
		return commandErrorf("there is no event %d", id)
	}
	if !n.State.Known() {
		return commandErrorf("%v is no state of a match", n.State)
	}
	e.state = n.State
	m := &x.runningball
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
	for _, s := range e.subscribers {
		s.sink.Publish(m)
	}
	x.confirmDue()
	return nil
}

// SubscribeEvent follows an event's notifications. There is no answer, nor one
// for an unknown event.
func (s *Login) SubscribeEvent(id uint32) {
	e := s.exchange.byEvent[id]
	if e == nil || s.sink == nil {
		return
	}
	for _, other := range s.events {
		if other == e {
			return
		}
	}
	s.events = append(s.events, e)
	e.subscribers = append(e.subscribers, s)
}

// UnsubscribeEvent ends that.
func (s *Login) UnsubscribeEvent(id uint32) {
	if e := s.exchange.byEvent[id]; e != nil {
		s.events = remove(s.events, e)
		e.subscribers = remove(e.subscribers, s)
	}
}

// SetManaged makes a market a managed one or an unmanaged one, and tells so. In a
// managed market fills are provisional for timeout nanoseconds while it is live.
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
	x.broadcast(m, &x.managed)
	return nil
}
