package inspect

// taken follows which inbound messages are the next of their session: an engine takes no others, and those that come
// before a gap is filled come again.
type taken struct{ next uint64 } // 0 if any is

// sent follows a message that was sent: a login that resumes no session begins one.
func (q *taken) sent(m *Message) {
	login := m.Payload.GetEtoPayload().GetLogin()
	if m.Type == typeLogin && len(login.GetSession()) == 0 {
		q.next = 1
	}
}

// takes reports whether a message that arrived is taken.
func (q *taken) takes(e *Entry) bool {
	switch {
	case e.Message.Seq == 0 && e.Err != nil: // it cannot be decoded
		if q.next != 0 {
			q.next++
		}
		return false
	case q.next == 0, e.Message.Seq == q.next:
		q.next = e.Message.Seq + 1
		return true
	}
	return e.Message.Payload.GetEtoPayload().GetLoginResponse() != nil
}
