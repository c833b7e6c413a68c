package smkcontrol

import "time"

// SetTimeout sets how long requests wait for the loop. Before the first request.
func (s *Server) SetTimeout(d time.Duration) { s.timeout = d }

// Waiting returns how many requests besides /halt are being answered.
func (s *Server) Waiting() int { return len(s.slots) }

// RequestsMax is how many of them there may be.
const RequestsMax = requestsMax
