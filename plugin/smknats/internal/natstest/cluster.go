package natstest

import (
	"fmt"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// ClusterServers is how many servers a Cluster has.
const ClusterServers = 3

// Cluster are three servers that share their streams.
type Cluster struct {
	t       testing.TB
	Servers [ClusterServers]*Server
}

// StartCluster starts a cluster on loopback and waits until streams with three replicas can be made. change may change
// the options of each server before; nil changes none.
func StartCluster(t testing.TB, change func(*server.Options)) *Cluster {
	t.Helper()
	c := &Cluster{t: t}
	ports := freePorts(t)
	for i := range c.Servers {
		o := options(t)
		o.ServerName = fmt.Sprintf("n%d", i+1)
		o.Cluster = server.ClusterOpts{Name: "smknats", Host: "127.0.0.1", Port: ports[i]}
		for j, port := range ports {
			if j != i {
				o.Routes = append(o.Routes, &url.URL{Scheme: "nats", Host: fmt.Sprintf("127.0.0.1:%d", port)})
			}
		}
		if change != nil {
			change(o)
		}
		c.Servers[i] = &Server{t: t, options: o}
		c.Servers[i].start()
	}
	for _, s := range c.Servers {
		s.waitReady()
	}
	c.WaitReady()
	return c
}

// freePorts returns ports that nobody listens on: a server has to know those of the others before it starts.
func freePorts(t testing.TB) (ports [ClusterServers]int) {
	t.Helper()
	for i := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		ports[i] = l.Addr().(*net.TCPAddr).Port
	}
	return ports
}

// WaitReady waits until the servers that run have a leader for their streams and are up to date with it.
func (c *Cluster) WaitReady() {
	c.t.Helper()
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		led, current := 0, 0
		for _, s := range c.Servers {
			switch {
			case !s.server.Running():
				continue
			case s.server.JetStreamIsLeader():
				led++
			}
			if s.server.JetStreamIsCurrent() {
				current++
			}
		}
		if led == 1 && current >= 2 {
			return
		}
		if time.Since(began) > patience {
			c.t.Fatal("the cluster has no leader")
		}
	}
}

// URL returns the addresses of all servers.
func (c *Cluster) URL() string {
	var urls []string
	for _, s := range c.Servers {
		urls = append(urls, fmt.Sprintf("nats://127.0.0.1:%d", s.options.Port))
	}
	return strings.Join(urls, ",")
}

// Connect returns a connection to any of the servers that reconnects for ever and is closed with the test.
func (c *Cluster) Connect(options ...nats.Option) *nats.Conn {
	return connect(c.t, c.URL(), options...)
}

// JetStream returns a connection's streams.
func (c *Cluster) JetStream(options ...nats.Option) jetstream.JetStream {
	c.t.Helper()
	return streams(c.t, c.Connect(options...))
}
