package sim

import (
	"bufio"
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/fault"
)

// On a server whose connections drip, a message arrives in the time that its pieces take, though nothing
// else happens.
func TestLocalServerDrips(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := testConfig()
		config.Faults = fault.Plan{}.With(fault.Million, fault.Drip)
		s, err := Local(config)
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan error, 1)
		go func() { served <- s.Serve(context.Background()) }()
		conn, err := s.Dial(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		l := &tcpClient{t: t, conn: conn, r: bufio.NewReader(conn), out: 1}
		start := time.Now()
		l.login(DemoUsername)
		l.want("S1 LOGIN_RESPONSE reset=2")
		if d := time.Since(start); d < 50*time.Millisecond || d > 200*time.Millisecond {
			t.Errorf("the login's answer took %v", d)
		}
		start = time.Now()
		l.send(func(m *msg.Payload) { m.MutableEtoPayload().SetType(msg.EtoPayloadPing) })
		l.want("S2 PONG") // eleven bytes
		if d := time.Since(start); d < 10*time.Millisecond || d > 10*time.Millisecond+tickMin {
			t.Errorf("the pong took %v", d)
		}
		conn.Close()
		if err := errors.Join(s.Close(), <-served); err != nil {
			t.Error(err)
		}
	})
}
