package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/alecthomas/kong"

	"github.com/smk-go/smk/tools/smk/doctor"
)

// doctorTexts are those of flags and commands whose declarations have no room for them.
var doctorTexts = kong.Vars{
	"doctor_market": "Compare the clock with the times of trades in this market, and wait for some.",
}

// doctorCommand checks what goes wrong when a bot starts for the first time.
type doctorCommand struct {
	settingsFlags

	Address string        `placeholder:"HOST:PORT" help:"The exchange, instead of what the settings say."`
	Plain   bool          `help:"Without TLS, whatever the settings say."`
	Market  uint32        `placeholder:"ID" help:"${doctor_market}"`
	NoLogin bool          `help:"Do not log in."`
	Timeout time.Duration `default:"5s" placeholder:"TIME" help:"How long each check may take (${default})."`

	Defaults bool `help:"List the settings at their defaults, too."`
	JSON     bool `name:"json" help:"The report for machines, with every setting."`
}

// Limits of --timeout.
const (
	doctorTimeoutMin = time.Millisecond
	doctorTimeoutMax = 10 * time.Minute
)

// Validate is called by the command line's parser.
func (c *doctorCommand) Validate() error {
	if c.Timeout < doctorTimeoutMin || c.Timeout > doctorTimeoutMax {
		return fmt.Errorf("--timeout: %v is not between %v and %v", c.Timeout, doctorTimeoutMin, doctorTimeoutMax)
	}
	if _, err := c.options(); err != nil || c.Address == "" {
		return err
	}
	host, port, err := net.SplitHostPort(c.Address)
	if err != nil {
		return fmt.Errorf("--address: %w", err)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || host == "" {
		return fmt.Errorf("--address: %q is not a host with a port from 1 to 65535", c.Address)
	}
	return nil
}

// errUnhealthy is the outcome of a command that checked something and found it unhealthy.
var errUnhealthy = errors.New("unhealthy")

// Run prints what was found. The error is errUnhealthy if a check failed.
func (c *doctorCommand) Run(ctx context.Context, std stdio) error {
	load, err := c.options()
	if err != nil {
		return err
	}
	begun := time.Now()
	checking := startProgress(std.err, func() string {
		return fmt.Sprintf("checking, %v", time.Since(begun).Round(time.Second))
	})
	r := doctor.Run(ctx, doctor.Options{
		Config: c.Config, Load: load,
		Address: c.Address, Plain: c.Plain, Market: c.Market, NoLogin: c.NoLogin, Timeout: c.Timeout,
	})
	checking.stop()
	if err := ctx.Err(); err != nil {
		return err
	}
	if c.JSON {
		err = json.NewEncoder(std.out).Encode(r)
	} else {
		err = r.WriteText(std.out, c.Defaults)
	}
	if err == nil && !r.Healthy {
		err = fmt.Errorf("%w: %d of %d checks failed", errUnhealthy, r.Count(doctor.Fail), len(r.Checks))
	}
	return err
}
