package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"math/bits"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/fault"
	"github.com/smk-go/smk/sim/script"
)

// The messages of an account that fit what a session may have unsent by default, and the most bytes of one.
const (
	historyUsual = 1024
	historyBytes = 256
)

// config puts flags and files together. explain makes an error of the exchange one in the
// user's words.
func (c *simCommand) config() (config sim.Config, explain func(error) error, err error) {
	config = sim.DefaultConfig()
	config.Seed, config.Speed, config.Agents.Rate = c.Seed, c.Speed, c.Life
	if c.Faults != "" && c.Faults != faultsSwarm {
		if config.Faults, err = fault.Parse(c.Faults); err != nil {
			return config, nil, fmt.Errorf("--faults: %w", err)
		}
	}
	config.Limits.Orders, config.Limits.History = c.Orders, c.History
	if c.History > historyUsual { // a session has to have room for all of it
		config.Limits.OutFrames = 1 << bits.Len(uint(2*c.History))
		config.Limits.OutBytes = config.Limits.OutFrames / 2 * historyBytes
	}
	if config.StateFile.Path = c.State; c.StateEvery == 0 {
		config.StateFile.Every = -1
	} else {
		config.StateFile.Every = c.StateEvery
	}
	var explainers []func(error) error
	if c.Accounts != "" {
		content, err := readFile("--accounts", c.Accounts)
		if err != nil {
			return config, nil, err
		}
		file, err := script.ParseAccounts(c.Accounts, content)
		if err != nil {
			return config, nil, err
		}
		config.Accounts = file.Accounts
		explainers = append(explainers, file.Locate)
	}
	if c.Markets != "" {
		content, err := readFile("--markets", c.Markets)
		if err != nil {
			return config, nil, err
		}
		file, err := script.ParseMarkets(c.Markets, content)
		if err != nil {
			return config, nil, err
		}
		config.Events, config.Markets = file.Events, file.Markets
		explainers = append(explainers, file.Locate)
	}
	if c.Scenario != "" {
		if c.scenario, err = findScenario("--scenario", c.Scenario); err != nil {
			return config, nil, err
		}
		if err := c.scenario.Apply(&config); err != nil {
			return config, nil, err
		}
		config.Agents.Rate = c.Life // the user's word
		if err := c.scenario.Check(config); err != nil {
			return config, nil, err
		}
	}
	return config, func(err error) error {
		for _, f := range explainers {
			err = f(err)
		}
		return err
	}, nil
}

func readFile(flag, name string) ([]byte, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, shorter(err))
	}
	return b, nil
}

// shorter leaves the operation out of a file's error.
func shorter(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return fmt.Errorf("%s: %w", p.Path, p.Err)
	}
	return err
}

// security is what a client has to know of the exchange's certificate.
type security struct {
	fingerprint string
	trust       string // the file to trust, from the root on; "" if the certificate is the user's own
	file        string // the same as the user wrote it
}

// secure sets up TLS. nil means plain TCP.
func (c *simCommand) secure(config *sim.Config) (*security, error) {
	if c.Cert != "" {
		cert, err := tls.LoadX509KeyPair(c.Cert, c.Key)
		if err != nil {
			return nil, fmt.Errorf("--cert, --key: %w", shorter(err))
		}
		config.TLS = tlsWith(cert)
		return &security{fingerprint: sim.Fingerprint(cert)}, nil
	}
	if !c.TLS {
		return nil, nil
	}
	var hosts []string
	if host, _, err := net.SplitHostPort(c.Addr); err == nil && host != "" {
		hosts = append(hosts, host)
	}
	cert, err := sim.Certificate(time.Now(), hosts...)
	if err != nil {
		return nil, fmt.Errorf("make a certificate: %w", err)
	}
	if _, err := x509.ParseCertificate(cert.Certificate[0]); err != nil {
		return nil, fmt.Errorf("--addr: no certificate can be made for %s: %w", c.Addr, err)
	}
	config.TLS = tlsWith(cert)
	trust, err := filepath.Abs(c.Trust) // whoever reads it may be anywhere
	if err != nil {
		return nil, fmt.Errorf("--trust: %w", err)
	}
	return &security{fingerprint: sim.Fingerprint(cert), trust: trust, file: c.Trust}, nil
}

// write writes the file to trust, if there is one.
func (s *security) write(config *tls.Config) error {
	if s == nil || s.trust == "" {
		return nil
	}
	if err := os.WriteFile(s.file, sim.TrustPEM(config.Certificates[0]), 0o644); err != nil {
		return fmt.Errorf("--trust: %w", shorter(err))
	}
	return nil
}

func tlsWith(cert tls.Certificate) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
}
