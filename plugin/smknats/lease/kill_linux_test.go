package lease_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/smk-go/smk/plugin/smknats/internal/natstest"
	"github.com/smk-go/smk/plugin/smknats/lease"
)

// killVariable has the URL of the servers in a process that holds a lease for TestKill.
const killVariable = "LEASE_TEST_KILL"

// TestMain is the tests, or a process that holds a lease.
func TestMain(m *testing.M) {
	url := os.Getenv(killVariable)
	if url == "" {
		os.Exit(m.Run())
	}
	if err := hold(url); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// hold holds a lease until it ends.
func hold(url string) error {
	nc, err := nats.Connect(url, nats.MaxReconnects(-1))
	if err != nil {
		return err
	}
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	c, err := lease.New(context.Background(), lease.Config{
		JetStream: js, Environment: "test", Account: "demo", TTL: 2 * time.Second, Margin: time.Second, Kill: true,
	})
	if err != nil {
		return err
	}
	l, err := acquireRenewed(c)
	if err != nil {
		return err
	}
	fmt.Println("held")
	<-l.Done()
	fmt.Println(l.Err())
	_, _ = io.Copy(io.Discard, os.Stdin)
	return nil
}

// acquireRenewed acquires a lease that was renewed twice. One that a busy machine loses before is acquired again.
func acquireRenewed(c *lease.Contender) (*lease.Lease, error) {
	for {
		l, err := c.Acquire(context.Background())
		if err != nil {
			return nil, err
		}
		for from := l.Renewals(); l.Err() == nil; <-time.After(time.Millisecond) {
			if l.Renewals() >= from+2 {
				return l, nil
			}
		}
	}
}

// TestKill: a process that is stopped while it has a lease is dead when that is over, and one that has lost the servers
// lives on.
func TestKill(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"stopped", "cut off"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			way := newLine(t, natstest.Start(t, nil))
			holder := exec.Command(os.Args[0])
			holder.Env = append(os.Environ(), killVariable+"=nats://"+way.listener.Addr().String())
			stdin, err := holder.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			out, err := holder.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := holder.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = holder.Process.Kill() })
			said := bufio.NewScanner(out)
			if !said.Scan() || said.Text() != "held" {
				t.Fatalf("the holder says %q", said.Text())
			}
			if how == "cut off" {
				_ = way.listener.Close()
				way.cut()
				if !said.Scan() || said.Text() != lease.ErrExpired.Error() {
					t.Errorf("the holder says %q", said.Text())
				}
				_ = stdin.Close()
				if err := holder.Wait(); err != nil {
					t.Error(err)
				}
				return
			}
			_ = holder.Process.Signal(syscall.SIGSTOP)
			ended := make(chan error, 1)
			go func() { ended <- holder.Wait() }()
			_ = wait(t, ended, "the end of the holder, which was not woken")
			if s := holder.ProcessState.Sys().(syscall.WaitStatus); !s.Signaled() || s.Signal() != syscall.SIGKILL {
				t.Errorf("it ended with %v", holder.ProcessState)
			}
		})
	}
}
