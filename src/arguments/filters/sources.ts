/** Filters that make media of nothing, or take it in, and each option of theirs that may be given. */
export const SOURCES = `
  aevalsrc exprs nb_samples n sample_rate s duration d channel_layout c
  allrgb rate r duration d sar
  allyuv rate r duration d sar
  anoisesrc sample_rate r amplitude a duration d color colour c seed s nb_samples n
  anullsink
  anullsrc channel_layout cl sample_rate r nb_samples n duration d
  color color c size s rate r duration d sar
  colorchart rate r duration d sar patch_size preset
  colorspectrum size s rate r duration d sar type
  gradients size s rate r c0 c1 c2 c3 c4 c5 c6 c7 x0 y0 x1 y1 nb_colors n seed duration d speed type t
  mandelbrot size s rate r maxiter start_x start_y start_scale end_scale end_pts bailout morphxf morphyf morphamp outer inner
  nullsink
  nullsrc size s rate r duration d sar
  pal100bars size s rate r duration d sar
  pal75bars size s rate r duration d sar
  rgbtestsrc size s rate r duration d sar complement co
  sine frequency f beep_factor b sample_rate r duration d samples_per_frame
  smptebars size s rate r duration d sar
  smptehdbars size s rate r duration d sar
  testsrc size s rate r duration d sar decimals n
  testsrc2 size s rate r duration d sar alpha
  yuvtestsrc size s rate r duration d sar
`
