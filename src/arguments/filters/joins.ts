/** Filters that make one stream of several that run side by side, and each option of theirs that may be given. */
export const JOINS = `
  ainterleave nb_inputs n duration
  alphamerge eof_action shortest repeatlast
  amerge inputs
  amix inputs duration dropout_transition weights normalize
  amultiply
  blend c0_mode c1_mode c2_mode c3_mode all_mode c0_expr c1_expr c2_expr c3_expr all_expr c0_opacity c1_opacity c2_opacity c3_opacity all_opacity eof_action shortest repeatlast
  displace edge
  haldclut clut interp eof_action shortest repeatlast
  hstack inputs shortest
  interleave nb_inputs n duration
  join inputs channel_layout map
  lut2 c0 c1 c2 c3 d eof_action shortest repeatlast
  maskedmerge planes
  mergeplanes mapping format map0s map0p map1s map1p map2s map2p map3s map3p
  midequalizer planes
  mix inputs weights scale planes duration
  overlay x y eof_action eval shortest format repeatlast alpha
  paletteuse/2 dither bayer_scale diff_mode new alpha_threshold use_alpha color_search mean_err debug_accuracy
  remap format fill
  scale2ref w width h height flags interl in_color_matrix out_color_matrix in_range out_range in_v_chr_pos in_h_chr_pos out_v_chr_pos out_h_chr_pos force_original_aspect_ratio force_divisible_by param0 param1 eval
  sidechaincompress level_in mode threshold ratio attack release makeup knee link detection level_sc mix
  sidechaingate level_in mode range threshold ratio attack release makeup knee detection link level_sc
  vstack inputs shortest
  xstack inputs layout grid shortest fill
`
