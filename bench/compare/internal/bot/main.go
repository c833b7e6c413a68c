// Command bot is the least that trades: it logs in, on as many connections as it is told, says what memory that
// takes, and waits for the end of its standard input. What a bot costs before it has done anything is measured with
// it.
//
//	bot ADDRESS CONNECTIONS [CERTIFICATE]
//
// Without a certificate to trust it speaks plain TCP. It prints "ready" when all are logged in, and then bytes of the
// Go heap and bytes resident, which are 0 where the system does not tell.
package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"

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
	fmt.Println("ready")
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	fmt.Println(m.HeapAlloc, resident())
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// resident is the memory that the process has in pages of its own, as Linux says it.
func resident() int {
	statm, err := os.ReadFile("/proc/self/statm")
	fields := bytes.Fields(statm)
	if err != nil || len(fields) < 2 {
		return 0
	}
	pages, err := strconv.Atoi(string(fields[1]))
	if err != nil {
		return 0
	}
	return pages * os.Getpagesize()
}
