/** Filters whose output may last longer or shorter than their input, and each option of theirs that may be given. */
export const LENGTHS = `
  acrossfade nb_samples ns duration d overlap o curve1 c1 curve2 c2
  ahistogram dmode rate r size s scale ascale acount rheight slide hmode
  aloop loop size start
  apad packet_size pad_len whole_len pad_dur whole_dur
  aphasemeter rate r size s rc gc bc mpc video phasing tolerance t angle a duration d
  areverse
  aselect expr e outputs n
  asetpts expr
  asetrate sample_rate r
  atempo tempo
  atrim start starti end endi start_pts end_pts duration durationi start_sample end_sample
  avectorscope mode m rate r size s rc gc bc ac rf gf bf af zoom draw scale swap mirror
  concat n v a unsafe
  decimate cycle dupthresh scthresh blockx blocky ppsrc chroma
  detelecine first_field pattern start_frame
  doubleweave first_field
  field type
  fieldmatch order mode ppsrc field mchroma y0 y1 scthresh combmatch combdbg cthresh chroma blockx blocky combpel
  framepack format
  framerate fps interp_start interp_end scene flags
  framestep step
  freezeframes first last replace
  histogram level_height scale_height display_mode d levels_mode m components c fgopacity f bgopacity b colors_mode l
  loop loop size start
  minterpolate fps mi_mode mc_mode me_mode me mb_size search_param vsbmc scd scd_threshold
  mpdecimate max hi lo frac
  palettegen max_colors reserve_transparent transparency_color stats_mode use_alpha
  pullup jl jr jt jb sb mp
  repeatfields
  reverse
  rubberband tempo pitch transients detector phase window smoothing formant pitchq channels
  select expr e outputs n
  separatefields
  setpts expr
  showfreqs size s rate r mode ascale fscale win_size win_func overlap averaging colors cmode minamp data channels
  showspectrum size s slide mode color scale fscale saturation win_func orientation overlap gain data rotation start stop fps legend drange limit opacity
  showspectrumpic size s mode color scale fscale saturation win_func orientation gain legend rotation start stop drange limit opacity
  showvolume rate r b w h f c t v dm dmc o s p m ds
  showwaves size s mode n rate r split_channels colors scale draw
  showwavespic size s split_channels colors scale draw filter
  shuffleframes mapping
  silenceremove start_periods start_duration start_threshold start_silence start_mode stop_periods stop_duration stop_threshold stop_silence stop_mode detection window
  stereo3d in out
  tblend c0_mode c1_mode c2_mode c3_mode all_mode c0_expr c1_expr c2_expr c3_expr all_expr c0_opacity c1_opacity c2_opacity c3_opacity all_opacity
  telecine first_field pattern
  thumbnail n
  tile layout nb_frames margin padding color overlap init_padding
  tinterlace mode
  tpad start stop start_mode stop_mode start_duration stop_duration color
  trim start starti end endi start_pts end_pts duration durationi start_frame end_frame
  untile layout
  vectorscope mode m x y intensity i envelope e graticule g opacity o flags f bgopacity b lthreshold l hthreshold h colorspace c tint0 t0 tint1 t1
  waveform mode m intensity i mirror r display d components c envelope e filter f graticule g opacity o flags fl scale s bgopacity b tint0 t0 tint1 t1 fitmode fm
  weave first_field
  xfade transition duration offset expr
  zoompan zoom z x y d s fps
`
