package natstest_test

import (
	"os"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/smk-go/smk/plugin/smknats/internal/natstest"
)

// TestRestart has a server keep what it stored, and its port.
func TestRestart(t *testing.T) {
	s := natstest.Start(t, nil)
	url := s.URL()
	js := s.JetStream()
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "S", Subjects: []string{"s"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := js.Publish(t.Context(), "s", []byte("kept")); err != nil {
		t.Fatal(err)
	}
	s.Restart()
	if s.URL() != url {
		t.Fatalf("%s, want %s", s.URL(), url)
	}
	stream, err := s.JetStream().Stream(t.Context(), "S")
	if err != nil {
		t.Fatal(err)
	}
	m, err := stream.GetMsg(t.Context(), 1)
	if err != nil || string(m.Data) != "kept" {
		t.Fatal(m, err)
	}
}

// TestCluster makes a stream with three replicas, which a cluster has after it lost a server. It runs if NATS_LONG is
// set; else a single server stands in.
func TestCluster(t *testing.T) {
	replicas, js := 1, natstest.Start(t, nil).JetStream()
	var c *natstest.Cluster
	if os.Getenv("NATS_LONG") != "" {
		c = natstest.StartCluster(t, nil)
		replicas, js = natstest.ClusterServers, c.JetStream()
	}
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{
		Name: "S", Subjects: []string{"s"}, Replicas: replicas,
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := js.Publish(t.Context(), "s", []byte("kept")); err != nil {
		t.Fatal(err)
	}
	if c != nil {
		c.Servers[0].Stop()
		c.WaitReady()
		c.Servers[0].Restart()
		c.WaitReady()
		js = c.JetStream()
	}
	stream, err := js.Stream(t.Context(), "S")
	if err != nil {
		t.Fatal(err)
	}
	if m, err := stream.GetMsg(t.Context(), 1); err != nil || string(m.Data) != "kept" {
		t.Fatal(m, err)
	}
}
