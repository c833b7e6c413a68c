//go:build !race

#include "textflag.h"

// func setTrapFlag()
TEXT ·setTrapFlag(SB), NOSPLIT, $0
	PUSHFQ
	ORQ $0x100, 0(SP)
	POPFQ
	RET

// func clearTrapFlag()
TEXT ·clearTrapFlag(SB), NOSPLIT, $0
	PUSHFQ
	ANDQ $~0x100, 0(SP)
	POPFQ
	RET

// func handlers() (onTrap, onStop, restorer uintptr)
TEXT ·handlers(SB), NOSPLIT, $0-24
	LEAQ onTrap<>(SB), AX
	MOVQ AX, onTrap+0(FP)
	LEAQ onStop<>(SB), AX
	MOVQ AX, onStop+8(FP)
	LEAQ restorer<>(SB), AX
	MOVQ AX, restorer+16(FP)
	RET

// The kernel clears the trap flag for a handler, and restorer sets it again.
TEXT onTrap<>(SB), NOSPLIT|NOFRAME, $0
	INCQ ·traps(SB)
	RET

// onStop reads stop every 100 microseconds.
TEXT onStop<>(SB), NOSPLIT|NOFRAME, $0
	LOCK
	INCL ·stopped(SB)

wait:
	MOVL $35, AX            // nanosleep
	LEAQ pause<>(SB), DI
	XORL SI, SI
	SYSCALL
	CMPL ·stop(SB), $0
	JNE  wait
	LOCK
	DECL ·stopped(SB)
	RET

DATA pause<>+0(SB)/8, $0
DATA pause<>+8(SB)/8, $100000
GLOBL pause<>(SB), RODATA, $16

TEXT restorer<>(SB), NOSPLIT|NOFRAME, $0
	MOVL $15, AX // rt_sigreturn
	SYSCALL
