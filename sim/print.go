package sim

import (
	"fmt"
	"io"
)

// String is the exchange's.
func (s *Sim) String() string { return s.Exchange.String() }

// Format is String for every verb: what it holds has credentials in it.
func (s *Sim) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// String names the server by its address.
func (s *Server) String() string { return "exchange at " + s.Addr().String() }

// Format is String for every verb: what it holds has credentials in it.
func (s *Server) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }
