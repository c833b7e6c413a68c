// Command bot is a minimal client: it logs in on a number of connections and prints the time and its memory.
//
//	bot ADDRESS CONNECTIONS [CERTIFICATE]
//
// Without a certificate to trust it speaks plain TCP. It prints the time when all connections were logged in, in
// nanoseconds of Unix time, and then bytes of the Go heap and bytes resident, which are 0 where the system does not
// report them.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bot:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 2 {
		return errors.New("want an address and a number")
	}
	connections, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	config := engine.Config{Address: args[0], DisableTLS: true}
	config.State.Disable = true
	if len(args) > 2 {
		pem, err := os.ReadFile(args[2])
		if err != nil {
			return err
		}
		config.DisableTLS, config.TLS = false, &tls.Config{RootCAs: x509.NewCertPool()}
		config.TLS.RootCAs.AppendCertsFromPEM(pem)
	}
	loggedIn, ended := make(chan struct{}, connections), make(chan error, connections)
	for i := range connections {
		config.Session = session.Config{Username: "bot" + strconv.Itoa(i), Password: "bot"}
		e, err := engine.New(config)
		if err != nil {
			return err
		}
		e.OnLoggedIn(func(*engine.Event) { loggedIn <- struct{}{} })
		go func() { ended <- e.Run(context.Background()) }()
	}
	for range connections {
		select {
		case <-loggedIn:
		case err := <-ended:
			return fmt.Errorf("ended before the login: %w", err)
		}
	}
	ready := time.Now().UnixNano()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	fmt.Println(ready, m.HeapAlloc, resident())
	return nil
}

// resident is the memory that the process has in pages of its own, from Linux.
func resident() int {
	statm, _ := os.ReadFile("/proc/self/statm") // absent elsewhere
	var size, pages int
	_, _ = fmt.Sscan(string(statm), &size, &pages)
	return pages * os.Getpagesize()
}
