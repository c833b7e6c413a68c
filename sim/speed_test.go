package sim

import (
	"bufio"
	"context"
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"
)

// At speed 10 a minute of silence takes six seconds.
func TestServerSpeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := testConfig()
		config.Speed = 10
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
		start := time.Now()
		l := &tcpClient{t: t, conn: conn, r: bufio.NewReader(conn), out: 1}
		l.login(DemoUsername)
		l.want("S1 LOGIN_RESPONSE reset=2", "S2 HEARTBEAT", "S3 HEARTBEAT", "S4 HEARTBEAT", "S5 HEARTBEAT",
			"S6 HEARTBEAT",
			"S7 LOGOUT HEARTBEAT_TIMEOUT", "the end")
		if d := time.Since(start); d < 6*time.Second || d > 6*time.Second+10*tickMin {
			t.Errorf("it took %v", d)
		}
		if err := errors.Join(s.Close(), <-served); err != nil {
			t.Error(err)
		}
	})
}

func TestServerSpeedIsChecked(t *testing.T) {
	for _, speed := range []float64{-1, 0.0001, 1001, math.NaN(), math.Inf(1)} {
		config := testConfig()
		config.Speed = speed
		if _, err := Local(config); err == nil || err.Error() != "sim: Speed: must be 0.001 to 1000" {
			t.Errorf("%v: %v", speed, err)
		}
	}
}
