// Package session is the client's half of the protocol as a state machine:
// bytes, clock readings and commands go in, bytes and events come out. It opens
// no socket, asks no clock and starts no goroutine, so whatever can happen to a
// connection can be replayed by a test.
//
// # One round of a driver
//
//	n, err := conn.Read(s.Free())
//	s.Filled(n)
//	for {
//		event, err := s.Next(now)
//		if err != nil { ... } // close the connection, then s.Lost(now, err)
//		if event == nil { break }
//		...                   // may call Send, Ping and Logout
//	}
//	if err := s.Tick(now); err != nil { ... } // as above
//	n, err = conn.Write(s.Pending())
//	s.Written(n)
//
// and to wait no longer than until s.Deadline(). A connection begins with Open,
// which queues the login, and ends with Lost; the events that Next returns after
// Lost report the fate of what was sent. Then Open may follow again: the session
// resumes by the account sequence or, if so configured, by the session's
// identifier.
//
// # Acknowledgement
//
// The counter of inbound messages is the acknowledgement, so a message counts
// when it was handled and not when it arrived: the next call of Next, or of
// Lost, says that the event before was handled.
//
// # Memory
//
// New claims everything. An [Event] and all it points to are valid until the next
// call of a method that takes bytes or events: Next, Free, Lost or Close. Errors
// may be kept.
//
// # Time
//
// Clock readings are int64 nanoseconds of any origin. They are only compared and
// subtracted, and must not go back.
package session
