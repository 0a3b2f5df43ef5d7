#include "textflag.h"

// Each class of bytes has a bit, and a byte is of a class when both of its halves
// say so (Langdale and Lemire, Parsing Gigabytes of JSON per Second, 2019,
// section 3.1.1):
//
//	01  # $ % & ' - /     special
//	02  0 to 9
//	04  A to O, a to o
//	08  P to Z, p to z
//	10  @ `               special
//	20  [ to _, { to DEL  special
//	40  80 to FF          special
DATA lowHalf<>+0(SB)/8, $0x4F4F4F4F4F4E4E5A
DATA lowHalf<>+8(SB)/8, $0x65646564644C4E4E
GLOBL lowHalf<>(SB), RODATA|NOPTR, $16

DATA highHalf<>+0(SB)/8, $0x2814281402010000
DATA highHalf<>+8(SB)/8, $0x4040404040404040
GLOBL highHalf<>(SB), RODATA|NOPTR, $16

DATA halfMask<>+0(SB)/8, $0x0F0F0F0F0F0F0F0F
GLOBL halfMask<>(SB), RODATA|NOPTR, $8

DATA specialMask<>+0(SB)/8, $0x7171717171717171
GLOBL specialMask<>(SB), RODATA|NOPTR, $8

// What C2 and E2 have in common.
DATA leadMask<>+0(SB)/8, $0xDFDFDFDFDFDFDFDF
GLOBL leadMask<>(SB), RODATA|NOPTR, $8
DATA lead<>+0(SB)/8, $0xC2C2C2C2C2C2C2C2
GLOBL lead<>(SB), RODATA|NOPTR, $8

DATA apostrophe<>+0(SB)/8, $0x2727272727272727
GLOBL apostrophe<>(SB), RODATA|NOPTR, $8

// func findRunsAVX2(text []byte, word, special, print []uint64)
TEXT ·findRunsAVX2(SB), NOSPLIT, $0-96
	MOVQ text_base+0(FP), SI
	MOVQ word_base+24(FP), DI
	MOVQ word_len+32(FP), CX
	MOVQ special_base+48(FP), DX
	MOVQ print_base+72(FP), R8

	VBROADCASTI128 lowHalf<>(SB), Y0
	VBROADCASTI128 highHalf<>(SB), Y1
	VPBROADCASTQ   halfMask<>(SB), Y2
	VPBROADCASTQ   specialMask<>(SB), Y3
	VPXOR          Y4, Y4, Y4
	VPBROADCASTQ   leadMask<>(SB), Y9
	VPBROADCASTQ   lead<>(SB), Y10
	VPBROADCASTQ   apostrophe<>(SB), Y11
	TESTQ          CX, CX
	JZ             done

block:
	VMOVDQU (SI), Y5
	VMOVDQU 32(SI), Y6

	// Where marks of print may begin.
	VPAND     Y9, Y5, Y7
	VPAND     Y9, Y6, Y8
	VPCMPEQB  Y10, Y7, Y7
	VPCMPEQB  Y10, Y8, Y8
	VPCMPEQB  Y11, Y5, Y12
	VPCMPEQB  Y11, Y6, Y13
	VPOR      Y12, Y7, Y7
	VPOR      Y13, Y8, Y8
	VPMOVMSKB Y7, AX
	VPMOVMSKB Y8, BX
	SHLQ      $32, BX
	ORQ       BX, AX
	MOVQ      AX, (R8)

	// The classes of 64 bytes.
	VPAND   Y2, Y5, Y7
	VPAND   Y2, Y6, Y8
	VPSHUFB Y7, Y0, Y7
	VPSHUFB Y8, Y0, Y8
	VPSRLW  $4, Y5, Y5
	VPSRLW  $4, Y6, Y6
	VPAND   Y2, Y5, Y5
	VPAND   Y2, Y6, Y6
	VPSHUFB Y5, Y1, Y5
	VPSHUFB Y6, Y1, Y6
	VPAND   Y5, Y7, Y7
	VPAND   Y6, Y8, Y8

	// Bytes without a class are outside of runs.
	VPCMPEQB  Y4, Y7, Y5
	VPCMPEQB  Y4, Y8, Y6
	VPMOVMSKB Y5, AX
	VPMOVMSKB Y6, BX
	SHLQ      $32, BX
	ORQ       BX, AX
	NOTQ      AX
	MOVQ      AX, (DI)

	VPAND     Y3, Y7, Y7
	VPAND     Y3, Y8, Y8
	VPCMPEQB  Y4, Y7, Y7
	VPCMPEQB  Y4, Y8, Y8
	VPMOVMSKB Y7, AX
	VPMOVMSKB Y8, BX
	SHLQ      $32, BX
	ORQ       BX, AX
	NOTQ      AX
	MOVQ      AX, (DX)

	ADDQ $64, SI
	ADDQ $8, DI
	ADDQ $8, DX
	ADDQ $8, R8
	DECQ CX
	JNZ  block

done:
	VZEROUPPER
	RET
