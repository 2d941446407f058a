/** Filters that compute pictures from pictures, and each option of theirs that may be given. */
export const PICTURES = `
  alphaextract
  amplify radius factor threshold tolerance low high planes
  atadenoise 0a 0b 1a 1b 2a 2b s p a 0s 1s 2s
  avgblur sizeX planes sizeY
  bilateral sigmaS sigmaR planes
  boxblur luma_radius lr luma_power lp chroma_radius cr chroma_power cp alpha_radius ar alpha_power ap
  bwdif mode parity deint
  cas strength planes
  chromahold color similarity blend yuv
  chromakey color similarity blend yuv
  chromanr thres sizew sizeh stepw steph threy threu threv distance
  chromashift cbh cbv crh crv edge
  colorbalance rs gs bs rm gm bm rh gh bh pl
  colorchannelmixer rr rg rb ra gr gg gb ga br bg bb ba ar ag ab aa pc pa
  colorcontrast rc gm by rcw gmw byw pl
  colorcorrect rl bl rh bh saturation analyze
  colorhold color similarity blend
  colorize hue saturation lightness mix
  colorkey color similarity blend
  colorlevels rimin gimin bimin aimin rimax gimax bimax aimax romin gomin bomin aomin romax gomax bomax aomax preserve
  colormatrix src dst
  colorspace all space range primaries trc format fast dither wpadapt iall ispace irange iprimaries itrc
  colortemperature temperature mix pl
  convolution 0m 1m 2m 3m 0rdiv 1rdiv 2rdiv 3rdiv 0bias 1bias 2bias 3bias 0mode 1mode 2mode 3mode
  copy
  crop out_w w out_h h x y keep_aspect exact
  curves/1 preset master m red r green g blue b all
  dblur angle radius planes
  dctdnoiz sigma s overlap expr e n
  deband 1thr 2thr 3thr 4thr range r direction d blur b coupling c
  deblock filter block alpha beta gamma delta planes
  deflate threshold0 threshold1 threshold2 threshold3
  deflicker size s mode m bypass
  dejudder cycle
  delogo x y w h show
  despill type mix expand red green blue brightness alpha
  dilation coordinates threshold0 threshold1 threshold2 threshold3
  drawbox x y width w height h color c thickness t replace box_source
  drawgrid x y width w height h color c thickness t replace
  drawtext/0 text fontcolor fontcolor_expr boxcolor bordercolor shadowcolor box boxborderw line_spacing fontsize x y shadowx shadowy borderw tabsize basetime font expansion timecode timecode_rate r rate alpha fix_bounds start_number text_shaping ft_load_flags
  edgedetect high low mode planes
  elbg codebook_length l nb_steps n seed s pal8 use_alpha
  epx n
  eq contrast brightness saturation gamma gamma_r gamma_g gamma_b gamma_weight eval
  erosion coordinates threshold0 threshold1 threshold2 threshold3
  estdif mode parity deint rslope redge ecost mcost dcost interp
  exposure exposure black
  extractplanes planes
  fade type t start_frame s nb_frames n alpha start_time st duration d color c
  fftdnoiz sigma amount block overlap method prev next planes window
  fieldorder order
  fillborders left right top bottom mode color
  floodfill x y s0 s1 s2 s3 d0 d1 d2 d3
  format pix_fmts
  fps fps start_time round eof_action
  gblur sigma steps planes sigmaV
  geq lum_expr lum cb_expr cb cr_expr cr alpha_expr a red_expr r green_expr g blue_expr b interpolation i
  gradfun strength radius
  grayworld
  greyedge difford minknorm sigma
  hflip
  histeq strength intensity antibanding
  hqdn3d luma_spatial chroma_spatial luma_tmp chroma_tmp
  hqx n
  hue h s H b
  huesaturation hue saturation intensity colors strength rw gw bw lightness
  il luma_mode l chroma_mode c alpha_mode a luma_swap ls chroma_swap cs alpha_swap as
  inflate threshold0 threshold1 threshold2 threshold3
  interlace scan lowpass
  kerndeint thresh map order sharp twoway
  kirsch planes scale delta
  lagfun decay planes
  lenscorrection cx cy k1 k2 i fc
  limiter min max planes
  lumakey threshold tolerance softness
  lut c0 c1 c2 c3 y u v r g b a
  lutrgb c0 c1 c2 c3 y u v r g b a
  lutyuv c0 c1 c2 c3 y u v r g b a
  median radius planes radiusV percentile
  monochrome cb cr size high
  negate components negate_alpha
  nlmeans s p pc r rc
  noformat pix_fmts
  noise all_seed all_strength alls all_flags allf c0_seed c0_strength c0s c0_flags c0f c1_seed c1_strength c1s c1_flags c1f c2_seed c2_strength c2s c2_flags c2f c3_seed c3_strength c3s c3_flags c3f
  normalize blackpt whitept smoothing independence strength
  null
  owdenoise depth luma_strength ls chroma_strength cs
  pad width w height h x y color eval aspect
  perspective x0 y0 x1 y1 x2 y2 x3 y3 interpolation sense eval
  pixelize width w height h mode m planes p
  pp subfilters
  premultiply planes inplace
  prewitt planes scale delta
  pseudocolor c0 c1 c2 c3 index i preset p opacity
  random frames seed
  removegrain m0 m1 m2 m3
  rgbashift rh rv gh gv bh bv ah av edge
  roberts planes scale delta
  rotate angle a out_w ow out_h oh fillcolor c bilinear
  sab luma_radius lr luma_pre_filter_radius lpfr luma_strength ls chroma_radius cr chroma_pre_filter_radius cpfr chroma_strength cs
  scale w width h height flags interl in_color_matrix out_color_matrix in_range out_range in_v_chr_pos in_h_chr_pos out_v_chr_pos out_h_chr_pos force_original_aspect_ratio force_divisible_by param0 param1 eval
  selectivecolor/1 correction_method reds yellows greens cyans blues magentas whites neutrals blacks
  setdar dar ratio r max
  setfield mode
  setparams field_mode range color_primaries color_trc colorspace
  setrange range
  setsar sar ratio r max
  settb expr tb
  shear shx shy fillcolor c interp
  shufflepixels direction d mode m width w height h seed s
  shuffleplanes map0 map1 map2 map3
  smartblur luma_radius lr luma_strength ls luma_threshold lt chroma_radius cr chroma_strength cs chroma_threshold ct
  sobel planes scale delta
  split outputs
  super2xsai
  swaprect w h x1 y1 x2 y2
  swapuv
  tmedian radius planes percentile
  tmix frames weights scale planes
  tonemap tonemap param desat peak
  transpose dir passthrough
  unpremultiply planes inplace
  unsharp luma_msize_x lx luma_msize_y ly luma_amount la chroma_msize_x cx chroma_msize_y cy chroma_amount ca alpha_msize_x ax alpha_msize_y ay alpha_amount aa
  v360 input output interp w h in_stereo out_stereo in_forder out_forder in_frot out_frot in_pad out_pad fin_pad fout_pad yaw pitch roll rorder h_fov v_fov d_fov h_flip v_flip d_flip ih_flip iv_flip in_trans out_trans ih_fov iv_fov id_fov h_offset v_offset alpha_mask reset_rot
  vaguedenoiser threshold method nsteps percent planes type
  vflip
  vibrance intensity rbal gbal bbal rlum glum blum alternate
  vignette angle a x0 y0 mode eval dither aspect
  w3fdif filter mode parity deint
  xbr n
  yadif mode parity deint
  zscale w width h height size s dither d filter f out_range range r primaries p transfer t matrix m in_range rangein rin primariesin pin transferin tin matrixin min chromal c chromalin cin npl agamma param_a param_b
`
