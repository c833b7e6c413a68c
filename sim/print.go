package sim

import (
	"fmt"
	"io"
)

// String returns the numbers of accounts and markets.
func (s *Sim) String() string { return s.Exchange.String() }

// Format writes String for every verb: a Sim holds credentials.
func (s *Sim) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// String returns the server's name, by its address.
func (s *Server) String() string { return "exchange at " + s.Addr().String() }

// Format writes String for every verb: a Server holds credentials.
func (s *Server) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }
