package model

import (
	"math"
	"slices"
)

// eigen gives the eigenvalues of a symmetric matrix, greatest first, and the vectors as rows, by cyclic Jacobi rotations. a is overwritten.
// Jacobi is chosen for being short and accurate on the sizes here (at most a few hundred).
func eigen(a [][]float64) (values []float64, vectors [][]float64) {
	n := len(a)
	v := identity(n)
	for range 60 {
		off, diagonal := 0.0, 0.0
		for i := range n {
			diagonal += a[i][i] * a[i][i]
			for j := i + 1; j < n; j++ {
				off += a[i][j] * a[i][j]
			}
		}
		if off <= 1e-20*diagonal {
			break
		}
		for p := range n {
			for q := p + 1; q < n; q++ {
				rotate(a, v, p, q)
			}
		}
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		switch {
		case a[i][i] > a[j][j]:
			return -1
		case a[i][i] < a[j][j]:
			return 1
		}
		return 0
	})
	for _, i := range order {
		values, vectors = append(values, a[i][i]), append(vectors, v[i])
	}
	return values, vectors
}

func identity(n int) [][]float64 {
	v := make([][]float64, n)
	for i := range v {
		v[i] = make([]float64, n)
		v[i][i] = 1
	}
	return v
}

// rotate makes a[p][q] zero. a stays symmetric; rows of v turn along.
func rotate(a, v [][]float64, p, q int) {
	apq := a[p][q]
	if math.Abs(apq) <= 1e-300 {
		return
	}
	theta := (a[q][q] - a[p][p]) / (2 * apq)
	t := 1 / (math.Abs(theta) + math.Sqrt(theta*theta+1))
	if theta < 0 {
		t = -t
	}
	c := 1 / math.Sqrt(t*t+1)
	s := t * c
	rp, rq := a[p], a[q]
	app, aqq := rp[p], rq[q]
	for k := range rp {
		x, y := rp[k], rq[k]
		rp[k], rq[k] = c*x-s*y, s*x+c*y
	}
	rp[p], rq[q] = app-t*apq, aqq+t*apq
	rp[q], rq[p] = 0, 0
	for k, row := range a {
		if k != p && k != q {
			row[p], row[q] = rp[k], rq[k]
		}
	}
	vp, vq := v[p], v[q]
	for k := range vp {
		x, y := vp[k], vq[k]
		vp[k], vq[k] = c*x-s*y, s*x+c*y
	}
}
