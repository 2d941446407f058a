/** Filters that look at media and tell ffmpeg's log of it, and each option of theirs that may be given. */
export const MEASURES = `
  ashowinfo
  astats length metadata reset measure_perchannel measure_overall
  blackdetect d black_min_duration picture_black_ratio_th pic_th pixel_black_th pix_th
  blackframe amount threshold thresh
  cropdetect limit round reset skip reset_count max_outliers
  ebur128 video size meter framelog metadata peak dualmono panlaw target gauge scale
  freezedetect n noise d duration
  idet intl_thres prog_thres rep_thres half_life analyze_interlaced_flag
  scdet threshold t sc_pass s
  showinfo checksum
  signalstats stat out c color
  silencedetect n noise d duration mono m
  vfrdet
  volumedetect
`
