package session

import "testing"

// TestStates tries every move through the door.
func TestStates(t *testing.T) {
	want := map[State][]State{
		Disconnected: {Connecting, LoginSent},
		Connecting:   {LoginSent, Disconnected},
		LoginSent:    {Established, Disconnected},
		Established:  {Recovering, LogoutSent, Disconnected},
		Recovering:   {Established, LogoutSent, Disconnected},
		LogoutSent:   {Disconnected},
	}
	for from := range stateCount {
		for to := range stateCount {
			allowed := false
			for _, s := range want[from] {
				allowed = allowed || s == to
			}
			s := &Session{state: from}
			moved := func() (ok bool) {
				defer func() { ok = recover() == nil }()
				s.setState(to, nil)
				return
			}()
			if moved != allowed {
				t.Errorf("%v -> %v: moved %t, want %t", from, to, moved, allowed)
			}
			var e Event
			if queued := s.queue.pop(&e); queued != allowed || queued && e.State != to {
				t.Errorf("%v -> %v: event %v", from, to, e)
			}
		}
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{LogoutSent.String(), "logout sent"},
		{State(stateCount).String(), "unknown state"},
		{SendResolved.String(), "send resolved"},
		{EventKind(len(eventNames)).String(), "unknown kind"},
		{Live.String(), "live"},
		{Replayed.String(), "replayed"},
		{NotDelivered.String(), "not delivered"},
		{Fate(len(fateNames)).String(), "unknown fate"},
		{ResumeSession.String(), "session"},
		{ResumeMode(len(resumeNames)).String(), "unknown mode"},
		{RetryBackoff.String(), "backoff"},
		{Retry(len(retryNames)).String(), "unknown retry"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

func TestEventQueue(t *testing.T) {
	var q eventQueue
	var e Event
	for lap := range 3 {
		for i := range queueMax {
			q.push(Event{Seq: uint64(lap*queueMax + i)})
		}
		for i := range queueMax {
			if !q.pop(&e) || e.Seq != uint64(lap*queueMax+i) {
				t.Fatalf("lap %d, event %d: %v", lap, i, e)
			}
		}
		if q.pop(&e) {
			t.Fatal("an event from nowhere")
		}
		q.push(Event{})
		q.pop(&e)
	}
	defer func() {
		if recover() == nil {
			t.Error("an overflow was not noticed")
		}
	}()
	for range queueMax + 1 {
		q.push(Event{})
	}
}
