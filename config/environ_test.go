package config

import (
	"errors"
	"strings"
	"testing"
)

// TestServiceLinks: the variables of one service are one error that says where they come from.
func TestServiceLinks(t *testing.T) {
	_, err := Load("", Options{Environ: []string{
		"SMK_SERVICE_HOST=10.0.0.1", "SMK_SERVICE_PORT=3701", "SMK_SERVICE_PORT_STREAM=3701",
		"SMK_PORT=tcp://10.0.0.1:3701",
		"SMK_SIM_PORT_80_TCP=tcp://10.0.0.2:80", "SMK_PORT_3701_TCP=tcp://10.0.0.1:3701", "SMK_PORT_3701_TCP_PROTO=tcp",
		"SMK_PORT_3701_TCP_PORT=3701", "SMK_PORT_3701_TCP_ADDR=10.0.0.1", "SMK_ADRESS=x:1",
		"OTHER_SERVICE_HOST=10.0.0.3",
		"SMK_B_PORT_80_TCP=tcp://10.0.0.2:80", "SMK_B_PORT=tcp://10.0.0.2:80",
	}})
	want(
		t, err, ErrUnknown,
		"environment: SMK_SERVICE_HOST: is not known; Kubernetes or Docker probably set it, and 7 like it, "+
			"for a service called smk: ",
		"environment: SMK_SIM_PORT_80_TCP: is not known; Kubernetes or Docker probably set it for a service called "+
			"smk-sim: ",
		"environment: SMK_B_PORT_80_TCP: is not known; Kubernetes or Docker probably set it, and 1 like it, "+
			"for a service called smk-b: ",
		"enableServiceLinks: false",
		"environment: SMK_ADRESS: is not known; the nearest is SMK_ADDRESS",
	)
	if n := strings.Count(err.Error(), "\n") + 1; n != 4 || strings.Contains(err.Error(), "10.0.0") {
		t.Errorf("%d errors:\n%v", n, err)
	}
	var e *Error
	if !errors.As(err, &e) || e.Origin.Variable == "" || !errors.Is(e, ErrUnknown) {
		t.Errorf("%#v", e)
	}
}

func TestServiceOf(t *testing.T) {
	for _, c := range []struct{ variable, value, service string }{
		{"SMK_PORT", "tcp://10.0.0.1:3701", "smk"},
		{"SMK_PORT", "udp://10.0.0.1:3701", "smk"},
		{"SMK_PORT", "3701", ""},
		{"SMK_PORT", "", ""},
		{"SMK_SIM_PORT", "tcp://[fd00::1]:3701", "smk-sim"},
		{"SMK_SIM_2_SERVICE_HOST", "10.0.0.1", "smk-sim-2"},
		{"SMK_SERVICE_PORT", "3701", "smk"},
		{"SMK_SERVICE_PORT_HTTP_ALT", "80", "smk"},
		{"SMK_PORT_53_UDP", "", "smk"},
		{"SMK_PORT_53_UDP_ADDR", "", "smk"},
		{"SMK_PORT_53_SCTP_PROTO", "", "smk"},
		{"SMK_PORT_53_UDP_NAME", "", ""},
		{"SMK_PORT_HTTP", "", ""},
		{"SMK_PORTS", "tcp://", ""},
		{"SMK_SERVICE", "", ""},
		{"SMK_HOST", "10.0.0.1", ""},
		{"SMK_ADDRESS", "tcp://10.0.0.1:3701", ""},
	} {
		if got := serviceOf(c.variable, c.value); got != c.service {
			t.Errorf("%s=%s: %q, want %q", c.variable, c.value, got, c.service)
		}
	}
	for i := range settings {
		if service := serviceOf(settings[i].variable(), "tcp://"); service != "" {
			t.Errorf("%s is taken for one of service %s", settings[i].variable(), service)
		}
	}
	_, err := Load("", Options{Environ: []string{"SMK_PORT=3701"}})
	if want(t, err, ErrUnknown, "SMK_PORT"); strings.Contains(err.Error(), "Kubernetes") {
		t.Error(err)
	}
}

// TestVariableTwice: the last counts, as where programs are started.
func TestVariableTwice(t *testing.T) {
	s, err := Load("", Options{Environ: []string{"SMK_ADDRESS=a:1", "SMK_ADDRESS=b:2"}})
	if err != nil || s.Engine.Address != "b:2" {
		t.Errorf("%v, %v", s, err)
	}
	_, err = Load("", Options{Environ: []string{"SMK_ADDRESS=a:1", "SMK_ADDRESS="}})
	want(t, err, ErrEmpty, "SMK_ADDRESS")
}
