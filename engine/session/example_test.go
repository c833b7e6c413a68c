package session_test

import (
	"encoding/hex"
	"fmt"

	"github.com/smk-go/smk/engine/session"
)

// This session is driven without a connection: the exchange's bytes are constants, and
// the clock is a number.
func Example() {
	s, err := session.New(session.Config{Username: "user", Password: "pass"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()

	now := int64(0)
	exchange := func(received string) {
		b, _ := hex.DecodeString(received)
		s.Filled(copy(s.Free(), b))
		for {
			event, err := s.Next(now)
			if err != nil {
				fmt.Println("close the connection:", err)
				s.Lost(now, err)
				continue
			}
			if event == nil {
				break
			}
			fmt.Println(event.Kind)
		}
		if b := s.Pending(); len(b) > 0 {
			fmt.Printf("send %x\n", b)
			s.Written(len(b))
		}
	}

	_ = s.Open(now)
	exchange("")
	exchange("0d08011209080110083203" + "0a0141") // the login's answer
	exchange("0a0801120608021005" + "1800")       // a heartbeat
	_ = s.Logout(now)
	exchange("")
	exchange("0e0801120a08031009" + "18003a020803") // the confirmation

	fmt.Println(s)

	// Output:
	// state changed
	// send 1608021204080110071a0c0a0475736572120470617373
	// state changed
	// logged in
	// caught up
	// send 080801120408021005
	// state changed
	// send 0c08011208080310093a020801
	// logged out
	// close the connection: session: logged out
	// state changed
	// session disconnected, epoch 1, in 4, out 4
}
